import { ProtocolError } from "../../errors.ts";
import type { Frame } from "../../frame/frame.ts";
import { writeFrameInfos } from "../../frame/frame_info.ts";
import { type FrameWriter, MAX_COLLECTION_KEY_LENGTH, MAX_KEY_LENGTH } from "../../frame/frame_writer.ts";
import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP } from "../../ops/auth.ts";
import { ADD_WITH_META, DEL_WITH_META, SET_WITH_META } from "../../ops/meta.ts";
import { OTHER_OPCODES } from "../../ops/names.ts";
import { GET_ERROR_MAP, HELLO } from "../../ops/session.ts";
import { ADD, APPEND, PREPEND, REPLACE, SET } from "../../ops/storage.ts";
import { findOp } from "../../ops/table.ts";
import { Datatype } from "../../wire/datatype.ts";
import { Feature } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import type { Dialect } from "../dialect.ts";
import type { Exchange } from "../exchange.ts";
import { StatusReply, UNKNOWN_COMMAND } from "../status_reply.ts";
import { toldStatus } from "./error_mapping.ts";
import type { NodeContext } from "./node_context.ts";
import { INVALID, invalid, NO_ACCESS, NOT_SUPPORTED } from "./refusals.ts";
import { readExtras } from "./request_extras.ts";
import { knowsSnappy } from "./stored_value.ts";

/** What may be asked for without having logged in. */
const OPEN_TO_ALL: ReadonlySet<unknown> = new Set([HELLO, SASL_LIST_MECHS, SASL_AUTH, SASL_STEP, GET_ERROR_MAP]);

/** Writes whose value has a datatype. */
const STORES: ReadonlySet<unknown> = new Set([SET, ADD, REPLACE, APPEND, PREPEND]);
/** Those whose value may have attributes too. */
const STORES_WITH_META: ReadonlySet<unknown> = new Set([SET_WITH_META, ADD_WITH_META, DEL_WITH_META]);

/** Numbers of collections below are kept for the server; 0 is the default one. */
const FIRST_COLLECTION = 8;

/** What the texts of memcached become. */
const NO_TEXT = "";

/** How Couchbase answers, whatever the opcode: framing extras, features, extended errors. */
export class CouchbaseDialect implements Dialect {
  readonly #context: NodeContext;
  /** Refusals that say nothing beside their status, so that an everyday answer needs no new object. */
  readonly #plain = new Map<number, StatusReply>();
  readonly #startedAt = new WeakMap<Exchange, number>();

  /** Speaks for a node. */
  constructor(context: NodeContext) {
    this.#context = context;
  }

  /** {@inheritDoc Dialect.receive} */
  receive(frame: Frame, exchange: Exchange): void {
    const { op, session, features } = exchange;
    if (features.has(Feature.TRACING)) this.#startedAt.set(exchange, performance.now());
    if (op === undefined) throw isKnown(exchange.opcode) ? NOT_SUPPORTED : UNKNOWN_COMMAND;
    if (!this.#context.isLoggedIn(session) && !OPEN_TO_ALL.has(op)) throw NO_ACCESS;
    frame.collections = features.collections;
    if (frame.framingLength > 0) readExtras(frame, exchange, (name) => this.#context.isUser(name));
    checkDatatype(exchange);
    if (op.inCollection !== true) return;
    if (features.collections && frame.keyLength > 0) exchange.collection = splitKey(frame);
    else if (frame.keyLength > MAX_KEY_LENGTH) throw invalid("The key is too long");
  }

  /** {@inheritDoc Dialect.begin} */
  begin(out: FrameWriter, exchange: Exchange): void {
    const startedAt = this.#startedAt.get(exchange);
    if (startedAt !== undefined) {
      const microseconds = Math.max(0, performance.now() - startedAt) * 1000;
      const at = out.framingExtras(DURATION_SIZE);
      writeFrameInfos([{ type: "server-duration", microseconds }], out.bytes, at);
    }
    const prefixed = exchange.features.collections && exchange.op?.inCollection === true;
    out.collection = prefixed ? exchange.collection : -1;
  }

  /** {@inheritDoc Dialect.end} */
  end(out: FrameWriter, { features }: Exchange): void {
    if (!features.has(Feature.JSON)) out.datatype &= ~Datatype.JSON;
  }

  /** {@inheritDoc Dialect.refuse} */
  refuse(reply: StatusReply, exchange: Exchange): StatusReply | undefined {
    const status = toldStatus(reply, exchange.features);
    if (status === undefined) return undefined;
    const { close } = reply;
    if (reply.ownValue) {
      return status === reply.status ? reply : new StatusReply(status, { value: reply.value, close });
    }
    const words = this.#words(reply, exchange);
    if (words !== undefined) return new StatusReply(status, { value: words, datatype: Datatype.JSON, close });
    if (close) return new StatusReply(status, { value: NO_TEXT, close });
    let plain = this.#plain.get(status);
    if (plain === undefined) {
      plain = new StatusReply(status, { value: NO_TEXT });
      this.#plain.set(status, plain);
    }
    return plain;
  }

  /** The JSON text that goes with a refusal, if there is one. */
  #words({ status, context }: StatusReply, { session, features }: Exchange): string | undefined {
    const unknown = status === Status.UNKNOWN_COLLECTION || status === Status.UNKNOWN_SCOPE;
    const extended = context !== undefined && features.has(Feature.XERROR);
    if (!unknown && !extended) return undefined;
    const manifest = this.#context.state(session).bucket?.manifest.uidText;
    return JSON.stringify({
      ...(extended ? { error: { context, ref: crypto.randomUUID() } } : {}),
      ...(unknown && manifest !== undefined ? { manifest_uid: manifest } : {}),
    });
  }
}

/** One object with two bytes of data. */
const DURATION_SIZE = 3;

function isKnown(opcode: number): boolean {
  return findOp(opcode) !== undefined || OTHER_OPCODES.has(opcode);
}

/** Takes the collection off the key. */
function splitKey(frame: Frame): number {
  try {
    frame.splitKey();
  } catch (error) {
    if (error instanceof ProtocolError) throw invalid("The key does not begin with a collection");
    throw error;
  }
  const { collection, keyLength, prefixLength } = frame;
  if (collection > 0 && collection < FIRST_COLLECTION) throw invalid("No collection has this number");
  const length = keyLength - prefixLength;
  if (length === 0) throw invalid("The key is empty");
  if (length > (collection === 0 ? MAX_KEY_LENGTH : MAX_COLLECTION_KEY_LENGTH)) throw invalid("The key is too long");
  return collection;
}

/** Refuses bits of the datatype that were not agreed on, or mean nothing here. */
function checkDatatype({ op, datatype, features }: Exchange): void {
  if (datatype === 0) return;
  let allowed = 0;
  if (STORES.has(op) || STORES_WITH_META.has(op)) {
    if (features.has(Feature.JSON)) allowed |= Datatype.JSON;
    if (knowsSnappy(features)) allowed |= Datatype.SNAPPY;
    if (STORES_WITH_META.has(op) && features.has(Feature.XATTR)) allowed |= Datatype.XATTR;
  } else if (op?.inCollection !== true) {
    // Texts of administration are JSON whatever was agreed on.
    allowed = Datatype.JSON;
  }
  if ((datatype & ~allowed) !== 0) throw INVALID;
}
