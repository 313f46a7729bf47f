/** What every transport must do, whatever it is made of. */
import { bytesContract } from "./transport_bytes.ts";
import { dialContract } from "./transport_dial.ts";
import { endContract } from "./transport_end.ts";
import { flowContract } from "./transport_flow.ts";
import type { Kind, Subject } from "./transport_subject.ts";
import { tlsContract } from "./transport_tls.ts";

export type { Kind, Subject };

const KINDS: readonly Kind[] = ["tcp", "unix", "tls"];

/** Registers the tests of the transport contract for every kind of address that a transport has. */
export function transportContract(subject: Subject): void {
  for (const kind of KINDS) {
    if (subject.address(kind) === undefined) continue;
    bytesContract(subject, kind);
    flowContract(subject, kind);
    endContract(subject, kind);
    dialContract(subject, kind);
  }
  if (subject.sockets && subject.address("tls") !== undefined) tlsContract(subject);
}
