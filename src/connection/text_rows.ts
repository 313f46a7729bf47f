import { NOOP } from "../ops/admin.ts";
import { type CounterRequest, DECREMENT, INCREMENT, NO_CREATE } from "../ops/counter.ts";
import type { Op } from "../ops/op.ts";
import { GAT, GATK, GET, GETK, TOUCH } from "../ops/retrieval.ts";
import { ADD, APPEND, DELETE, type DeleteRequest, PREPEND, REPLACE, SET, type StoreRequest } from "../ops/storage.ts";
import type { AnyOp } from "../ops/table.ts";
import { TEXT_VERSION } from "../text/admin.ts";
import { TEXT_DECR, TEXT_DELETE, TEXT_INCR, TEXT_TOUCH } from "../text/keyed.ts";
import { TEXT_ADD, TEXT_APPEND, TEXT_CAS, TEXT_PREPEND, TEXT_REPLACE, TEXT_SET } from "../text/storage.ts";
import type { TextOp } from "../text/text_op.ts";
import type { TextWriter } from "../text/text_writer.ts";
import { Status } from "../wire/status.ts";
import { Kind, QUIET, SWALLOW } from "./command_queue.ts";
import { addAdminRows, addQuit, CommandRows, refuse } from "./command_rows.ts";

/** How an item is answered: as it is, or with its key. */
export const Form = { PLAIN: 0, WITH_KEY: 1 } as const;

/** The rows that the classic text protocol has commands for. */
export const TEXT_ROWS: CommandRows = new CommandRows();

const rows = TEXT_ROWS;

/** Lines of keys are written by the wire, which puts several keys into one. */
function addRead(op: AnyOp, form: number): void {
  rows.add(op, { kind: Kind.VALUE, form, quiet: QUIET }, () => {});
}

addRead(GET, Form.PLAIN);
addRead(GETK, Form.WITH_KEY);
addRead(GAT, Form.PLAIN);
addRead(GATK, Form.WITH_KEY);

rows.add(TOUCH, { kind: Kind.TOUCH }, (out, { key, expiry }) => TEXT_TOUCH.write(out, { key, expiry }));

type Storing = Pick<StoreRequest, "key" | "value" | "cas"> & Partial<StoreRequest>;

function addStore(op: AnyOp, text: TextOp<Storing>, notStored: number): void {
  const swapped = op === SET || op === REPLACE;
  rows.add<Storing>(op, { kind: Kind.STORE, notStored, quiet: SWALLOW }, (out, request) => {
    const { cas } = request;
    if (cas === undefined || cas === 0n) return text.write(out, request as Storing);
    // A `cas` needs the item to be there, as a `replace` does.
    if (!swapped) refuse(op, request, "the text protocol does not compare versions for this command");
    TEXT_CAS.write(out, { ...request as Storing, cas });
  });
}

addStore(SET, TEXT_SET, Status.NOT_STORED);
addStore(ADD, TEXT_ADD, Status.KEY_EEXISTS);
addStore(REPLACE, TEXT_REPLACE, Status.KEY_ENOENT);
addStore(APPEND, TEXT_APPEND, Status.NOT_STORED);
addStore(PREPEND, TEXT_PREPEND, Status.NOT_STORED);

rows.add<DeleteRequest>(DELETE, { kind: Kind.DELETE }, (out, { key }) => TEXT_DELETE.write(out, { key }));

/** To delete one version only: storing something over it that has expired already. */
export function writeDeleteOf(out: TextWriter, { key, cas }: { key: string | Uint8Array; cas: bigint }): void {
  TEXT_CAS.write(out, { key, cas, value: "", expiry: -1 });
}

function addCount(op: Op<CounterRequest, unknown>, text: typeof TEXT_INCR): void {
  rows.add(op, { kind: Kind.COUNT }, (out, request) => {
    const { key, delta, cas } = request;
    if (cas !== undefined && cas !== 0n) refuse(op as AnyOp, request, "the text protocol counts without versions");
    text.write(out, { key, delta });
  });
}

addCount(INCREMENT, TEXT_INCR);
addCount(DECREMENT, TEXT_DECR);

/** Whether a count is to make the counter where there is none. */
export function creates(request: unknown): boolean {
  return (request as CounterRequest).expiry !== NO_CREATE;
}

/** The `add` that makes a counter. */
export function writeCounter(out: TextWriter, request: unknown): void {
  const { key, initial, expiry } = request as CounterRequest;
  TEXT_ADD.write(out, { key, value: String(initial), expiry });
}

// There is a command that does nothing only in the meta protocol.
rows.add(NOOP, { kind: Kind.FENCE }, (out) => TEXT_VERSION.write(out, {}));
addAdminRows(rows);
addQuit(rows, Kind.FENCE, (out) => TEXT_VERSION.write(out, {}));
