import { TimeoutError } from "../../errors.ts";
import type { Outgoing } from "../../ops/op.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import type { GetResponse } from "../../ops/retrieval.ts";
import type { MutationResponse, MutationToken } from "../../ops/storage.ts";
import { DurabilityLevel } from "../../frame/frame_info.ts";
import { Feature, type Features } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import type { Handler } from "../route.ts";
import { StatusReply } from "../status_reply.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { ALL_ONES } from "./cas.ts";
import type { CouchbaseDocument } from "./document.ts";
import type { Place } from "./document_store.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, UNKNOWN_COLLECTION } from "./refusals.ts";
import { durabilityOf } from "./request_extras.ts";
import { showBody } from "./stored_value.ts";
import type { Vbucket } from "./vbucket.ts";

/** A request about a document, when it is clear where that is. */
export interface DocumentAccess extends Place {
  /** The bucket. */
  readonly bucket: CouchbaseBucket;
}

/** What a handler of requests about documents asks of them. */
export interface AccessRules<Req = never> {
  /** Whether the request must not have a CAS. */
  readonly withoutCas?: boolean;
  /** The state that the vbucket must be in, or what finds it in the request; active by default. */
  readonly state?: number | ((request: Req) => number);
}

/** What a durable write needs that cannot be had from one node. */
const IMPOSSIBLE = new StatusReply(Status.DURABILITY_IMPOSSIBLE);
const AMBIGUOUS = new StatusReply(Status.SYNC_WRITE_AMBIGUOUS);

/** How long a durable write may take that does not say, in milliseconds. */
const DURABILITY_TIMEOUT = 30_000;

/**
 * Makes a handler of one that needs to know where the document is. Requests to a vbucket that is pending wait until it is something
 * else.
 */
export function onDocument<Req extends { readonly key: Uint8Array }, Res>(
  context: NodeContext,
  handler: (request: Req, exchange: Exchange<Res>, access: DocumentAccess) => Outgoing<Res> | void,
  rules: AccessRules<Req> = {},
): Handler<Req, Res> {
  const { state = VbucketState.ACTIVE, withoutCas = false } = rules;
  const run = (request: Req, exchange: Exchange<Res>) => {
    const wanted = typeof state === "number" ? state : state(request);
    const vbucket = context.vbucketIn(exchange as Exchange, wanted);
    const bucket = context.bucket(exchange as Exchange);
    const { collection } = exchange;
    if (bucket.manifest.find(collection) === undefined) throw UNKNOWN_COLLECTION;
    return handler(request, exchange, { vbucket, bucket, collection, key: request.key });
  };
  return (request, exchange) => {
    if (withoutCas && exchange.cas !== 0n) throw invalid("The request must not have a CAS");
    const vbucket = context.anyVbucket(exchange as Exchange);
    if (vbucket.state !== VbucketState.PENDING) return run(request, exchange);
    return whenSettled(vbucket, exchange.signal).then(() => run(request, exchange));
  };
}

async function whenSettled(vbucket: Vbucket, signal: AbortSignal): Promise<void> {
  while (vbucket.state === VbucketState.PENDING) await vbucket.stateChange(signal);
}

/** The same for a write: checks that the durability is possible, and waits until it is reached. */
export function onWrite<Req extends { readonly key: Uint8Array }, Res>(
  context: NodeContext,
  handler: (request: Req, exchange: Exchange<Res>, access: DocumentAccess) => Outgoing<Res>,
  rules: AccessRules<Req> = {},
): Handler<Req, Res> {
  const durably = (request: Req, exchange: Exchange<Res>, access: DocumentAccess) => {
    if (durabilityOf(exchange) !== undefined && access.bucket.replicas > 0) throw IMPOSSIBLE;
    return handler(request, exchange, access);
  };
  const write = onDocument<Req, Res>(context, durably, rules);
  return (request, exchange) => {
    const durability = durabilityOf(exchange);
    // In memory of most of one node it is at once.
    if (durability === undefined || durability.level === DurabilityLevel.MAJORITY) return write(request, exchange);
    const timeout = durability.timeout ?? DURABILITY_TIMEOUT;
    return reached(context, exchange as Exchange, { timeout, outcome: write(request, exchange) }) as ReturnType<
      typeof write
    >;
  };
}

async function reached(
  context: NodeContext,
  exchange: Exchange,
  { timeout, outcome }: { readonly timeout: number; readonly outcome: unknown },
): Promise<unknown> {
  const answer = await outcome;
  const vbucket = context.anyVbucket(exchange);
  try {
    await vbucket.persisted(vbucket.highSeqno, { signal: exchange.signal, timeout });
  } catch (error) {
    throw error instanceof TimeoutError ? AMBIGUOUS : error;
  }
  return answer;
}

/** The answer to a read. */
export function documentAnswer(document: CouchbaseDocument, vbucket: Vbucket, features: Features): GetResponse {
  return { ...showBody(document, features), flags: document.flags, cas: shownCas(document, vbucket) };
}

/** The version that others see: that of a locked document is a secret. */
export function shownCas(document: CouchbaseDocument, vbucket: Vbucket): bigint {
  return vbucket.isLocked(document) ? ALL_ONES : document.cas;
}

/** The answer to a write. */
export function writeAnswer({ cas, seqno }: CouchbaseDocument, vbucket: Vbucket, features: Features): MutationResponse {
  const token = tokenOf(vbucket, seqno, features);
  return token === undefined ? { cas } : { cas, token };
}

/** Where a write stands in the history, for clients that want to know. */
export function tokenOf(vbucket: Vbucket, seqno: bigint, features: Features): MutationToken | undefined {
  return features.has(Feature.MUTATION_SEQNO) ? { vbuuid: vbucket.vbuuid, seqno } : undefined;
}
