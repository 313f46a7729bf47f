/** What every client must do with every server, whatever lies between them. */
import { adminContract } from "./client_admin.ts";
import { attemptsContract } from "./client_attempts.ts";
import { callsContract } from "./client_calls.ts";
import { counterContract } from "./client_counters.ts";
import { expiryContract } from "./client_expiry.ts";
import { keyContract } from "./client_keys.ts";
import { multiContract } from "./client_multi.ts";
import { readContract } from "./client_reads.ts";
import type { ClientSubject } from "./client_subject.ts";
import { updateContract } from "./client_updates.ts";
import { valueContract } from "./client_values.ts";
import { writeContract } from "./client_writes.ts";

export type { ClientSubject, OwnServer } from "./client_subject.ts";

/** Registers the tests of the client contract. */
export function clientContract(subject: ClientSubject): void {
  readContract(subject);
  writeContract(subject);
  expiryContract(subject);
  multiContract(subject);
  counterContract(subject);
  updateContract(subject);
  attemptsContract(subject);
  adminContract(subject);
  keyContract(subject);
  valueContract(subject);
  callsContract(subject);
}
