/**
 * Who knows the passwords for a memcached with `-S`: the daemon that its SASL library asks, as far as a test needs it.
 *
 * memcached itself has no users. Built as it is for Debian it cannot read a file of passwords of its own either, so it is
 * told by a configuration file to ask `saslauthd` over a unix socket.
 */

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A daemon that answers. */
export interface Saslauthd extends AsyncDisposable {
  /** What memcached needs in its environment to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The names that were asked for, in their order. */
  readonly asked: readonly string[];
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts a daemon that knows some users and their passwords. */
export async function startSaslauthd(users: ReadonlyMap<string, string>): Promise<Saslauthd> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-sasl-"));
  const path = join(folder, "mux");
  const lines = ["mech_list: plain", "pwcheck_method: saslauthd", `saslauthd_path: ${path}`];
  await writeFile(join(folder, "memcached.conf"), `${lines.join("\n")}\n`);
  const asked: string[] = [];
  const server = createServer((socket) => {
    let heard = new Uint8Array(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => {
      heard = Uint8Array.of(...heard, ...chunk);
      const fields = readFields(heard);
      if (fields.length < 4) return;
      const [user = "", password, , realm = ""] = fields;
      // What stands behind an @ in the name comes as the realm, which is that of the machine otherwise.
      const username = users.has(user) ? user : `${user}@${realm}`;
      asked.push(username);
      const answer = users.has(username) && users.get(username) === password ? "OK" : "NO";
      socket.end(Uint8Array.of(0, answer.length, ...new TextEncoder().encode(answer)));
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  // memcached may be another user than we are.
  await chmod(folder, 0o755);
  await chmod(path, 0o777);
  const stop = async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  };
  return { env: { SASL_CONF_PATH: folder }, asked, stop, [Symbol.asyncDispose]: stop };
}

/** The whole fields of a question: user, password, service and realm, each behind its length in two bytes. */
function readFields(bytes: Uint8Array): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (bytes[at]! << 8) + bytes[at + 1]!;
    if (end > bytes.length) break;
    fields.push(new TextDecoder().decode(bytes.subarray(at + 2, end)));
    at = end;
  }
  return fields;
}
