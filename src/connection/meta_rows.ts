import { UnsupportedError } from "../errors.ts";
import { NOOP } from "../ops/admin.ts";
import { type CounterRequest, DECREMENT, INCREMENT, NO_CREATE } from "../ops/counter.ts";
import {
  META_ADD_ROW,
  META_ARITHMETIC_ROW,
  META_DEBUG_ROW,
  META_DELETE_ROW,
  META_GET_ROW,
  META_REPLACE_ROW,
  META_SET_ROW,
} from "../ops/meta_protocol.ts";
import type { Op } from "../ops/op.ts";
import { GAT, GATK, GET, GETK, type KeyRequest, TOUCH, type TouchRequest } from "../ops/retrieval.ts";
import { ADD, APPEND, DELETE, type DeleteRequest, PREPEND, REPLACE, SET, type StoreRequest } from "../ops/storage.ts";
import type { AnyOp } from "../ops/table.ts";
import { META_DEBUG, META_NOOP } from "../text/meta_admin.ts";
import { META_ARITHMETIC } from "../text/meta_arithmetic.ts";
import { META_DELETE } from "../text/meta_delete.ts";
import { META_GET } from "../text/meta_get.ts";
import { Flag } from "../text/meta_op.ts";
import { META_SET } from "../text/meta_set.ts";
import { MAX_U32, type TextOp, wordOf } from "../text/text_op.ts";
import type { TextWriter } from "../text/text_writer.ts";
import { tokenText } from "../text/token.ts";
import { Status } from "../wire/status.ts";
import { Kind, QUIET, READ, STORE } from "./command_queue.ts";
import { addAdminRows, addQuit, CommandRows, type CommandTraits } from "./command_rows.ts";

/** How the reply to a meta command is read: with a version or nothing, with a value and flags, with flags, with a number, or all of it as it is. */
export const Form = { DONE: 0, VALUE: 1, TOUCHED: 2, NUMBER: 3, WHOLE: 4 } as const;

/** The rows that the meta protocol has commands for. */
export const META_ROWS: CommandRows = new CommandRows();

const rows = META_ROWS;

const MG = wordOf("mg");
const MG_BLANK = wordOf("mg ");
const MS = wordOf("ms");
const MD = wordOf("md");
const MA = wordOf("ma");
const FLAGS_CAS_VALUE = wordOf("f c v");
const READ_END = wordOf(" f c v\r\n");
const QUIET_READ_END = wordOf(" q f c v\r\n");
const FLAGS_CAS = wordOf("f c");
const CAS_VALUE = wordOf("c v");
const BACKWARDS = wordOf("MD");

/** Appends command, key and opaque. Returns whether the key went in base64. */
function start(out: TextWriter, key: Uint8Array | string, command: Uint8Array): boolean {
  out.begin(command);
  return out.metaKey(key);
}

function callFlags(out: TextWriter, opaque: number, coded: boolean, quiet: boolean): void {
  out.ownOpaque(opaque);
  if (coded) out.flag(Flag.b);
  if (quiet) out.flag(Flag.q);
}

function compare(out: TextWriter, cas: bigint | undefined): void {
  if (cas !== undefined && cas !== 0n) out.bigNumberFlag(Flag.C, cas);
}

function addRead(op: AnyOp, withKey: boolean): void {
  rows.add<KeyRequest & Partial<TouchRequest>>(
    op,
    { form: Form.VALUE, quiet: QUIET, ...(withKey ? {} : { bits: READ }) },
    (out, request, opaque, quiet) => {
      if (!withKey && request.expiry === undefined && out.short(MG_BLANK, request.key, opaque)) {
        return out.finish(quiet ? QUIET_READ_END : READ_END);
      }
      const coded = start(out, request.key, MG);
      if (coded && withKey) refuseKey(op);
      callFlags(out, opaque, coded, quiet);
      out.word(FLAGS_CAS_VALUE);
      if (withKey) out.flag(Flag.k);
      if (request.expiry !== undefined) out.expiryFlag(Flag.T, request.expiry);
      out.end();
    },
  );
}

/** An item that was stored otherwise has its key sent back as it is: a line end in it would be taken for that of the reply. */
function refuseKey(op: AnyOp): never {
  throw new UnsupportedError(
    `Cannot ${op.name}: the meta protocol does not repeat a key with blanks or control bytes safely; use one without key`,
    { sent: false },
  );
}

addRead(GET, false);
addRead(GETK, true);
addRead(GAT, false);
addRead(GATK, true);

rows.add(TOUCH, { form: Form.TOUCHED }, (out, { key, expiry }, opaque) => {
  callFlags(out, opaque, start(out, key, MG), false);
  out.word(FLAGS_CAS);
  out.expiryFlag(Flag.T, expiry);
  out.end();
});

type Storing = Pick<StoreRequest, "key" | "value" | "cas"> & Partial<StoreRequest>;

function addStore(op: AnyOp, mode: string, how: CommandTraits): void {
  const word = wordOf(`c M${mode}`);
  rows.add<Storing>(op, { ...how, bits: STORE }, (out, { key, value, flags, expiry, cas }, opaque) => {
    const coded = start(out, key, MS);
    out.valueLength(value);
    callFlags(out, opaque, coded, false);
    out.word(word);
    if (flags !== undefined && flags !== 0) out.numberFlag(Flag.F, flags, MAX_U32);
    if (expiry !== undefined && expiry !== 0) out.expiryFlag(Flag.T, expiry);
    compare(out, cas);
    out.endWithValue();
  });
}

addStore(SET, "S", {});
addStore(ADD, "E", { notStored: Status.KEY_EEXISTS });
addStore(REPLACE, "R", { notStored: Status.KEY_ENOENT });
addStore(APPEND, "A", { missing: Status.NOT_STORED });
addStore(PREPEND, "P", { missing: Status.NOT_STORED });

rows.add<DeleteRequest>(DELETE, { quiet: QUIET }, (out, { key, cas }, opaque, quiet) => {
  callFlags(out, opaque, start(out, key, MD), quiet);
  compare(out, cas);
  out.end();
});

function addCount(op: Op<CounterRequest, unknown>, backwards: boolean): void {
  rows.add(op, { form: Form.NUMBER, notStored: Status.KEY_EEXISTS }, (out, request, opaque) => {
    callFlags(out, opaque, start(out, request.key, MA), false);
    out.word(CAS_VALUE);
    out.bigNumberFlag(Flag.D, request.delta);
    if (request.expiry !== NO_CREATE) {
      out.expiryFlag(Flag.N, request.expiry);
      out.bigNumberFlag(Flag.J, request.initial);
    }
    if (backwards) out.word(BACKWARDS);
    compare(out, request.cas);
    out.end();
  });
}

addCount(INCREMENT, false);
addCount(DECREMENT, true);

rows.add(NOOP, { kind: Kind.NOOP }, (out) => META_NOOP.write(out, {}));
/** Commands that say of themselves what they want back. */
function addWhole<Request>(op: AnyOp, text: TextOp<Request>, traits: CommandTraits = {}): void {
  rows.add(op, { form: Form.WHOLE, ...traits }, (out, request, opaque) => {
    text.write(out, { ...request as Request, opaque: tokenText(opaque) });
  });
}

addWhole(META_GET_ROW as AnyOp, META_GET);
addWhole(META_SET_ROW as AnyOp, META_SET);
addWhole(META_ADD_ROW as AnyOp, META_SET, { notStored: Status.KEY_EEXISTS });
addWhole(META_REPLACE_ROW as AnyOp, META_SET, { notStored: Status.KEY_ENOENT });
addWhole(META_DELETE_ROW as AnyOp, META_DELETE);
addWhole(META_ARITHMETIC_ROW as AnyOp, META_ARITHMETIC, { notStored: Status.KEY_EEXISTS });
addWhole(META_DEBUG_ROW as AnyOp, META_DEBUG, { kind: Kind.DEBUG });

addAdminRows(rows);
addQuit(rows, Kind.NOOP, (out) => META_NOOP.write(out, {}));
