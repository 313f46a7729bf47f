/** Values that clients for PHP, Python and Ruby have stored, read by ours, and the reverse. */

import { assertEquals } from "@std/assert";
import { type Client, connect } from "@memwire/memwire";
import { dalliTranscoder, phpTranscoder, pythonTranscoder, type Transcoder } from "@memwire/memwire/cache";
import { fileURLToPath } from "node:url";
import { PHP, PYTHON, PYTHON_ONLY, RUBY, RUBY_ONLY, type Values } from "../cache/transcoder_values.ts";
import { type Memcached, startMemcached } from "../support/memcached.ts";
import { run } from "../support/run_command.ts";
import { installLanguage, type Language } from "./install_languages.ts";

/** Checks by name. */
export type ValueChecks = Readonly<Record<string, () => Promise<void>>>;

/** One client of a language, and the values that it and ours have in common. */
interface Peer {
  /** How its keys begin. */
  readonly name: string;
  readonly transcoder: Transcoder<unknown>;
  /** What it writes and we read. */
  readonly theirs: Values;
  /** What we write and it reads; none for what we only read. */
  readonly ours?: Values;
}

/** Fetches one of the languages and its clients, and returns the checks. */
export async function valueChecks(language: Language, log: (line: string) => void): Promise<ValueChecks> {
  const command = await installLanguage(language, log);
  const script = fileURLToPath(new URL(`./values/values.${ENDINGS[language]}`, import.meta.url));
  const peers = PEERS[language]();
  return {
    [`${language}: memwire reads what its clients wrote`]: () =>
      withServer(async (client, { port }) => {
        const { right } = await runScript([...command, script, String(port), "write"]);
        assertEquals(right, peers.reduce((count, { theirs }) => count + Object.keys(theirs).length, 0));
        for (const peer of peers) await readTheirs(client, peer);
      }),
    [`${language}: its clients read what memwire wrote`]: () =>
      withServer(async (client, { port }) => {
        let written = 0;
        for (const peer of peers) written += await writeOurs(client, peer);
        const { right } = await runScript([...command, script, String(port), "read"]);
        assertEquals(right, written);
      }),
  };
}

async function readTheirs(client: Client, { name, transcoder, theirs }: Peer): Promise<void> {
  for (const [value, expected] of Object.entries(theirs)) {
    const key = `theirs:${name}${value}`;
    const item = await client.get(key);
    assertEquals(item && await transcoder.decode(item), expected, key);
  }
}

async function writeOurs(client: Client, { name, transcoder, ours = {} }: Peer): Promise<number> {
  for (const [value, given] of Object.entries(ours)) {
    const { value: bytes, flags } = await transcoder.encode(given);
    await client.set(`ours:${name}${value}`, bytes, { flags });
  }
  return Object.keys(ours).length;
}

/** Runs a script of another language; rejects if a value was not what it should be. */
async function runScript([command, ...args]: readonly string[]): Promise<{ readonly right: number }> {
  const output = await run(command!, args);
  const { right, wrong } = JSON.parse(output.trim().split("\n").at(-1)!);
  assertEquals(wrong, []);
  return { right };
}

async function withServer(use: (client: Client, server: Memcached) => Promise<void>): Promise<void> {
  await using server = await startMemcached();
  await using client = await connect(`127.0.0.1:${server.port}`);
  await use(client, server);
}

const ENDINGS: Readonly<Record<Language, string>> = { php: "php", python: "py", ruby: "rb" };

const PEERS: Readonly<Record<Language, () => Peer[]>> = { php: phpPeers, python: pythonPeers, ruby: rubyPeers };

function phpPeers(): Peer[] {
  const { bytesInside: _, ...json } = PHP;
  const peers: Peer[] = [{ name: "php:", transcoder: phpTranscoder(), theirs: { userFlags: "x" } }];
  for (const serializer of ["php", "json", "igbinary", "msgpack"] as const) {
    const theirs = serializer === "json" ? jsonValues(json) : PHP;
    const transcoder = phpTranscoder(serializer === "msgpack" ? {} : { serializer });
    // What we compress, we compress with zlib.
    peers.push({ name: `php:${serializer}:fastlz:`, transcoder, theirs });
    const ours = serializer === "msgpack" ? {} : theirs;
    peers.push({ name: `php:${serializer}:zlib:`, transcoder, theirs, ours });
  }
  return peers;
}

/** JSON here has no integers beyond 53 bits. */
function jsonValues(values: Values): Values {
  const { highest, lowest, everything, ...others } = values as Values & { readonly everything: Values };
  const { highest: _highest, lowest: _lowest, ...rest } = everything;
  return { ...others, highest, lowest, everything: rest };
}

function pythonPeers(): Peer[] {
  const theirs = { ...PYTHON, ...PYTHON_ONLY };
  const peers: Peer[] = [{
    name: "pylibmc:",
    transcoder: pythonTranscoder({ dialect: "pylibmc", threshold: 1000 }),
    theirs,
    ours: PYTHON,
  }];
  for (const dialect of ["python-memcached", "pymemcache"] as const) {
    const transcoder = pythonTranscoder(dialect === "pymemcache" ? {} : { dialect, threshold: 1000 });
    for (let version = 0; version < 6; version++) {
      peers.push({ name: `${dialect}:${version}:`, transcoder, theirs, ours: PYTHON });
    }
  }
  return peers;
}

function rubyPeers(): Peer[] {
  return [{ name: "dalli:", transcoder: dalliTranscoder(), theirs: { ...RUBY, ...RUBY_ONLY }, ours: RUBY }];
}
