/** What memcached asks whether a password is right, when it is told to: one user, in a folder of its own. */

import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** A daemon that knows user "user" with the password "pencil". */
export interface Saslauthd extends AsyncDisposable {
  /** The folder with the configuration, for `SASL_CONF_PATH`. */
  readonly folder: string;
}

/** Starts the daemon on a unix domain socket, and writes the configuration that offers PLAIN only. */
export async function startSaslauthd(): Promise<Saslauthd> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-sasl-"));
  const path = join(folder, "mux");
  const lines = ["mech_list: plain", "pwcheck_method: saslauthd", `saslauthd_path: ${path}`, ""];
  await writeFile(join(folder, "memcached.conf"), lines.join("\n"));
  const sockets = new Set<Promise<unknown>>();
  const server = createServer((socket) => {
    const closed = once(socket, "close").finally(() => sockets.delete(closed));
    sockets.add(closed);
    answer(socket);
  });
  server.listen(path);
  await once(server, "listening");
  // Started as root, memcached becomes another user before it comes here.
  await chmod(folder, 0o755);
  await chmod(path, 0o777);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      server.close();
      await Promise.all(sockets);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs with `SASL_CONF_PATH` set to the folder, which a memcached started meanwhile inherits. */
export async function withSaslFolder<T>(folder: string, fn: () => Promise<T>): Promise<T> {
  const before = process.env.SASL_CONF_PATH;
  process.env.SASL_CONF_PATH = folder;
  try {
    return await fn();
  } finally {
    if (before === undefined) delete process.env.SASL_CONF_PATH;
    else process.env.SASL_CONF_PATH = before;
  }
}

/** Asked are user, password, service and realm, each behind its length in two bytes; answered is OK or NO, in the same way. */
function answer(socket: Socket): void {
  let asked = new Uint8Array(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array) => {
    asked = Uint8Array.from([...asked, ...chunk]);
    const words = readWords(asked);
    if (words.length < 4) return;
    socket.end(`\0\x02${words[0] === "user" && words[1] === "pencil" ? "OK" : "NO"}`);
  });
}

function readWords(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const end = at + 2 + (bytes[at] as number) * 256 + (bytes[at + 1] as number);
    if (end > bytes.length) break;
    words.push(new TextDecoder().decode(bytes.subarray(at + 2, end)));
    at = end;
  }
  return words;
}
