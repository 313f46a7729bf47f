/** Free addresses of this machine for the tests. */
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Address } from "../../src/transport/transport.ts";
import type { Kind } from "./transport_subject.ts";

/** Gives free addresses: loopback with a port of the system's choice, or a path that nobody else uses. */
export function socketAddresses(name: string): (kind: Kind) => Address {
  let next = 0;
  return (kind) => {
    if (kind !== "unix") return { hostname: "127.0.0.1", port: 0 };
    const path = join(tmpdir(), `memwire-${name}-${process.pid}-${next++}.sock`);
    rmSync(path, { force: true });
    return { path };
  };
}
