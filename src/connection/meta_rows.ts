import { UnsupportedError } from "../errors.ts";
import { FLUSH, type FlushRequest, NOOP, QUIT, STAT, type StatRequest, VERBOSITY, VERSION } from "../ops/admin.ts";
import { type CounterRequest, DECREMENT, INCREMENT, NO_CREATE } from "../ops/counter.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { GAT, GATK, GET, GETK, type KeyRequest, TOUCH, type TouchRequest } from "../ops/retrieval.ts";
import { ADD, APPEND, DELETE, type DeleteRequest, PREPEND, REPLACE, SET, type StoreRequest } from "../ops/storage.ts";
import type { AnyOp } from "../ops/table.ts";
import { TEXT_FLUSH_ALL, TEXT_QUIT, TEXT_STATS, TEXT_VERBOSITY, TEXT_VERSION } from "../text/admin.ts";
import { META_NOOP } from "../text/meta_admin.ts";
import { Flag } from "../text/meta_op.ts";
import { MAX_U32, wordOf } from "../text/text_op.ts";
import type { TextWriter } from "../text/text_writer.ts";
import { Status } from "../wire/status.ts";
import { codeFor, Kind, QUIET, SWALLOW } from "./meta_queue.ts";

/** How the reply to a meta command is read: with a value and flags, with flags, with a version, with a number. */
export const Form = { VALUE: 0, TOUCHED: 1, DONE: 2, NUMBER: 3 } as const;

/** How one row of the table goes through the text protocols. */
export interface MetaRow {
  /** Appends the command. */
  write(out: TextWriter, request: never, opaque: number, quiet: boolean): void;
  /** How a meta reply is read. */
  readonly form: number;
  /** What `NS` means. */
  readonly notStored: number;
  /** What `EN` and `NF` mean. */
  readonly missing: number;
}

const rows: (MetaRow | undefined)[] = new Array(256).fill(undefined);
const codes = new Uint32Array(256);

/** The row of an opcode or of its quiet twin; `undefined` where the text protocols have no such command. */
export function metaRow(opcode: number): MetaRow | undefined {
  return rows[opcode];
}

/** What is to be queued for an opcode. */
export function queueCode(opcode: number): number {
  return codes[opcode]!;
}

interface How {
  readonly kind?: number;
  readonly form?: number;
  readonly notStored?: number;
  readonly missing?: number;
  /** What the quiet twin is; loud with its success left out by default, since an error line does not say whose it is. */
  readonly quiet?: number;
}

function add<Req>(
  op: Op<Req, never> | Op<Req, unknown>,
  how: How,
  write: (out: TextWriter, request: Outgoing<Req>, opaque: number, quiet: boolean) => void,
): void {
  const { kind = Kind.META, quiet = SWALLOW } = how;
  const row: MetaRow = {
    write: write as MetaRow["write"],
    form: how.form ?? Form.DONE,
    notStored: how.notStored ?? Status.NOT_STORED,
    missing: how.missing ?? Status.KEY_ENOENT,
  };
  rows[op.opcode] = row;
  codes[op.opcode] = codeFor(op.opcode, kind);
  if (op.quiet === undefined) return;
  rows[op.quiet.opcode] = row;
  codes[op.quiet.opcode] = codeFor(op.quiet.opcode, kind, quiet);
}

const MG = wordOf("mg");
const MS = wordOf("ms");
const MD = wordOf("md");
const MA = wordOf("ma");
const FLAGS_CAS_VALUE = wordOf("f c v");
const FLAGS_CAS = wordOf("f c");
const CAS_VALUE = wordOf("c v");
const BACKWARDS = wordOf("MD");

/** Appends command, key and opaque. Returns whether the key went in base64. */
function start(out: TextWriter, key: Uint8Array | string, command: Uint8Array): boolean {
  out.begin(command);
  return out.metaKey(key);
}

function callFlags(out: TextWriter, opaque: number, coded: boolean, quiet: boolean): void {
  out.numberFlag(Flag.O, opaque, MAX_U32);
  if (coded) out.flag(Flag.b);
  if (quiet) out.flag(Flag.q);
}

function compare(out: TextWriter, cas: bigint | undefined): void {
  if (cas !== undefined && cas !== 0n) out.bigNumberFlag(Flag.C, cas);
}

function addRead(op: AnyOp, withKey: boolean): void {
  add<KeyRequest & Partial<TouchRequest>>(op, { form: Form.VALUE, quiet: QUIET }, (out, request, opaque, quiet) => {
    const coded = start(out, request.key, MG);
    if (coded && withKey) refuseKey(op);
    callFlags(out, opaque, coded, quiet);
    out.word(FLAGS_CAS_VALUE);
    if (withKey) out.flag(Flag.k);
    if (request.expiry !== undefined) out.expiryFlag(Flag.T, request.expiry);
    out.end();
  });
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

add(TOUCH, { form: Form.TOUCHED }, (out, { key, expiry }, opaque) => {
  callFlags(out, opaque, start(out, key, MG), false);
  out.word(FLAGS_CAS);
  out.expiryFlag(Flag.T, expiry);
  out.end();
});

type Storing = Pick<StoreRequest, "key" | "value" | "cas"> & Partial<StoreRequest>;

function addStore(op: AnyOp, mode: string, how: How): void {
  const word = wordOf(`c M${mode}`);
  add<Storing>(op, how, (out, { key, value, flags, expiry, cas }, opaque) => {
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

add<DeleteRequest>(DELETE, { quiet: QUIET }, (out, { key, cas }, opaque, quiet) => {
  callFlags(out, opaque, start(out, key, MD), quiet);
  compare(out, cas);
  out.end();
});

function addCount(op: Op<CounterRequest, unknown>, backwards: boolean): void {
  add(op, { form: Form.NUMBER, notStored: Status.KEY_EEXISTS }, (out, request, opaque) => {
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

add(NOOP, { kind: Kind.NOOP }, (out) => META_NOOP.write(out, {}));
add(VERSION, { kind: Kind.VERSION }, (out) => TEXT_VERSION.write(out, {}));
add<FlushRequest>(FLUSH, { kind: Kind.OK }, (out, request) => TEXT_FLUSH_ALL.write(out, request));

// The server says nothing to `quit`, so the answer is that to the `mn` before it.
add(QUIT, { kind: Kind.NOOP }, (out) => {
  META_NOOP.write(out, {});
  TEXT_QUIT.write(out, {});
});

add<{ readonly level?: number }>(VERBOSITY as AnyOp, { kind: Kind.OK }, (out, { level }) => {
  // Without a level it is a question whether the server knows the command, which it does.
  TEXT_VERBOSITY.write(out, { level: level ?? 0 });
});

/** What of `stats` answers in lines of its own. */
const LINES = /^(cachedump|detail dump)\b/;

add<StatRequest>(STAT, { kind: Kind.STAT }, (out, { group }) => {
  if (group === undefined) return TEXT_STATS.write(out, {});
  const name = typeof group === "string" ? group : String(group);
  if (LINES.test(name)) {
    throw new UnsupportedError(`Cannot stat ${JSON.stringify(name)}: its reply is no list of names and values`, {
      sent: false,
    });
  }
  TEXT_STATS.write(out, { group: name });
});
