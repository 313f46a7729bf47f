import { asBytes, utf8Decode } from "../bytes.ts";
import { UnsupportedError } from "../errors.ts";
import { FLUSH, type FlushRequest, QUIT, STAT, type StatRequest, VERBOSITY, VERSION } from "../ops/admin.ts";
import { SASL_AUTH, type SaslRequest } from "../ops/auth.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import type { AnyOp } from "../ops/table.ts";
import { TEXT_FLUSH_ALL, TEXT_QUIT, TEXT_STATS, TEXT_VERBOSITY, TEXT_VERSION } from "../text/admin.ts";
import { TEXT_AUTH } from "../text/storage.ts";
import type { TextWriter } from "../text/text_writer.ts";
import { Status } from "../wire/status.ts";
import { asksForExtras } from "./asks_for_extras.ts";
import type { CallOptions } from "./caller.ts";
import { codeFor, Kind, SWALLOW } from "./command_queue.ts";

/** How one row of the table goes through a text protocol. */
export interface CommandRow {
  /** Appends the command. */
  write(out: TextWriter, request: never, opaque: number, quiet: boolean): void;
  /** How a reply is read that does not say so itself. */
  readonly form: number;
  /** The status for what was not stored. */
  readonly notStored: number;
  /** The status for what is not there. */
  readonly missing: number;
}

/** What is not the same for all rows. */
export interface CommandTraits {
  readonly kind?: number;
  readonly form?: number;
  readonly notStored?: number;
  readonly missing?: number;
  /** What the quiet twin is; loud with its success left out by default, since an error line does not say whose it is. */
  readonly quiet?: number;
  /** Further bits of what is queued. */
  readonly bits?: number;
}

/** The rows that a text protocol has commands for, by their opcodes. */
export class CommandRows {
  readonly #rows: (CommandRow | undefined)[] = new Array(256).fill(undefined);
  readonly #codes = new Uint32Array(256);

  /** The row of an opcode or of its quiet twin; `undefined` where there is no such command. */
  find(opcode: number): CommandRow | undefined {
    return this.#rows[opcode];
  }

  /** What is to be queued for an opcode. */
  codeOf(opcode: number): number {
    return this.#codes[opcode]!;
  }

  /** Adds a row; one of the same opcode is replaced. */
  add<Req>(
    op: Op<Req, never> | Op<Req, unknown>,
    traits: CommandTraits,
    write: (out: TextWriter, request: Outgoing<Req>, opaque: number, quiet: boolean) => void,
  ): void {
    const { kind = Kind.META, quiet = SWALLOW, bits = 0 } = traits;
    const row: CommandRow = {
      write: write as CommandRow["write"],
      form: traits.form ?? 0,
      notStored: traits.notStored ?? Status.NOT_STORED,
      missing: traits.missing ?? Status.KEY_ENOENT,
    };
    this.#rows[op.opcode] = row;
    this.#codes[op.opcode] = codeFor(op.opcode, kind, bits);
    if (op.quiet === undefined) return;
    this.#rows[op.quiet.opcode] = row;
    this.#codes[op.quiet.opcode] = codeFor(op.quiet.opcode, kind, quiet | bits);
  }
}

/** What of `stats` answers in lines of its own. */
const LINES = /^(cachedump|detail dump)\b/;

/** Adds what all text protocols say alike. */
export function addAdminRows(rows: CommandRows): void {
  rows.add(VERSION, { kind: Kind.VERSION }, (out) => TEXT_VERSION.write(out, {}));
  rows.add<FlushRequest>(FLUSH, { kind: Kind.OK }, (out, request) => TEXT_FLUSH_ALL.write(out, request));

  rows.add<{ readonly level?: number }>(VERBOSITY as AnyOp, { kind: Kind.OK }, (out, { level }) => {
    // Without a level it is a question whether the server knows the command, which it does.
    TEXT_VERBOSITY.write(out, { level: level ?? 0 });
  });

  rows.add<StatRequest>(STAT, { kind: Kind.STAT }, (out, { group }) => {
    if (group === undefined) return TEXT_STATS.write(out, {});
    const name = typeof group === "string" ? group : String(group);
    if (LINES.test(name)) {
      throw new UnsupportedError(`Cannot stat ${JSON.stringify(name)}: its reply is no list of names and values`, {
        sent: false,
      });
    }
    TEXT_STATS.write(out, { group: name });
  });

  rows.add<SaslRequest>(SASL_AUTH, { kind: Kind.LOGIN }, (out, { mechanism, data }) => {
    const [, username, password] = utf8Decode(asBytes(data)).split("\0");
    if (mechanism !== "PLAIN" || username === undefined || password === undefined) {
      throw new UnsupportedError(`Cannot authenticate by ${mechanism}: text protocols know only name and password`, {
        sent: false,
      });
    }
    TEXT_AUTH.write(out, { username, password });
  });
}

/** Adds the goodbye: the server says nothing to `quit`, so the answer is that to what goes before it. */
export function addQuit(rows: CommandRows, kind: number, writeFence: (out: TextWriter) => void): void {
  rows.add(QUIT, { kind }, (out) => {
    writeFence(out);
    TEXT_QUIT.write(out, {});
  });
}

/**
 * The row of a request that not just any wire can carry.
 *
 * @throws {UnsupportedError} If the protocol, by its name, has none, or the call asks for what only frames can carry.
 */
export function rowFor(
  rows: CommandRows,
  protocol: string,
  op: AnyOp,
  opcode: number,
  asked: { readonly request: unknown; readonly options: CallOptions | undefined },
): CommandRow {
  const { request, options } = asked;
  const row = rows.find(opcode);
  if (row === undefined) refuse(op, request, `the ${protocol} protocol has no such command`);
  if (options !== undefined && asksForExtras(options)) {
    refuse(op, request, "collections and framing extras are of the binary protocol");
  }
  return row;
}

/** Refuses what a text protocol cannot say. */
export function refuse(op: AnyOp, request: unknown, reason: string): never {
  throw new UnsupportedError(`Cannot ${describe(op, request)}: ${reason}; connect with protocol "binary"`, {
    sent: false,
  });
}
