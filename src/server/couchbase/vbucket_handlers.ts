import { TimeoutError } from "../../errors.ts";
import {
  GET_ALL_VB_SEQNOS,
  OBSERVE,
  OBSERVE_SEQNO,
  type ObservedKey,
  type ObservedResult,
  ObservedState,
  SEQNO_PERSISTENCE,
} from "../../ops/observe.ts";
import { DEL_VBUCKET, GET_FAILOVER_LOG, GET_VBUCKET, SET_VBUCKET, VbucketState } from "../../ops/vbucket.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import type { Server } from "../server.ts";
import { MALFORMED, NOT_FOUND, StatusReply } from "../status_reply.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, UNKNOWN_COLLECTION } from "./refusals.ts";
import type { Vbucket } from "./vbucket.ts";

/** For how many milliseconds a request waits for persistence when nobody says otherwise. */
const PERSISTENCE_TIMEOUT = 30_000;

const NOT_YET = new StatusReply(Status.ETMPFAIL);

/** Answers what is about vbuckets: their states, histories, seqnos, and how far writes have come. */
export function registerVbuckets(server: Server, context: NodeContext): void {
  server
    .on(SET_VBUCKET, ({ state }, exchange) => {
      if (state < VbucketState.ACTIVE || state > VbucketState.DEAD) throw invalid("There is no such state");
      const bucket = context.bucket(exchange);
      if (exchange.vbucket >= bucket.vbucketCount) throw invalid("The bucket has no such vbucket");
      bucket.setVbucketState(exchange.vbucket, state);
    })
    .on(GET_VBUCKET, (_, exchange) => {
      const vbucket = context.bucket(exchange).findVbucket(exchange.vbucket);
      if (vbucket === undefined) throw context.notMyVbucket(exchange);
      return { state: vbucket.state };
    })
    .on(DEL_VBUCKET, (_, exchange) => {
      if (!context.bucket(exchange).deleteVbucket(exchange.vbucket)) throw context.notMyVbucket(exchange);
    })
    .on(GET_FAILOVER_LOG, (_, exchange) => ({ entries: context.anyVbucket(exchange).failoverLog }));
  registerSeqnos(server, context);
  registerObserve(server, context);
}

function registerSeqnos(server: Server, context: NodeContext): void {
  server
    .on(GET_ALL_VB_SEQNOS, ({ state = 0, collection }, exchange) => {
      const bucket = context.bucket(exchange);
      const { collections } = exchange.features;
      // kv_engine 6.0.5 closes the connection after either.
      if (state > VbucketState.DEAD || (collection !== undefined && !collections)) throw MALFORMED;
      if (collection !== undefined && bucket.manifest.find(collection) === undefined) throw UNKNOWN_COLLECTION;
      // Who knows no collections sees the default one alone.
      const seen = collections ? collection : 0;
      const wanted = bucket.vbuckets.filter((vbucket) =>
        state === 0 ? vbucket.state !== VbucketState.DEAD : vbucket.state === state
      );
      const seqno = (vbucket: Vbucket) => seen === undefined ? vbucket.highSeqno : vbucket.collectionSeqno(seen);
      return { seqnos: new Map(wanted.map((vbucket) => [vbucket.id, seqno(vbucket)])) };
    })
    .on(SEQNO_PERSISTENCE, async ({ seqno }, exchange) => {
      const timeout = context.options.persistenceTimeout ?? PERSISTENCE_TIMEOUT;
      try {
        await context.anyVbucket(exchange).persisted(seqno, { signal: exchange.signal, timeout });
      } catch (error) {
        throw error instanceof TimeoutError ? NOT_YET : error;
      }
    });
}

function registerObserve(server: Server, context: NodeContext): void {
  server
    .on(OBSERVE, ({ keys }, exchange) => ({
      results: keys.map((key) => observed(context, exchange, key)),
      persistTime: 0,
      replicateTime: 0,
    }))
    .on(OBSERVE_SEQNO, ({ vbuuid }, exchange) => {
      const vbucket = context.anyVbucket(exchange);
      const { failoverLog, persistedSeqno, highSeqno: currentSeqno } = vbucket;
      const at = failoverLog.findIndex((entry) => entry.vbuuid === vbuuid);
      if (at < 0) throw NOT_FOUND;
      const seqnos = { vbucket: vbucket.id, vbuuid: vbucket.vbuuid, persistedSeqno, currentSeqno };
      // What was taken over from a history ends where the next one begins.
      return at === 0 ? seqnos : { ...seqnos, failover: { oldVbuuid: vbuuid, lastSeqno: failoverLog[at - 1]!.seqno } };
    });
}

function observed(context: NodeContext, exchange: Exchange<never> | Exchange, asked: ObservedKey): ObservedResult {
  const bucket = context.bucket(exchange);
  const { collection = 0, key } = asked;
  const vbucket = bucket.findVbucket(asked.vbucket);
  const here = vbucket?.state === VbucketState.ACTIVE || vbucket?.state === VbucketState.REPLICA;
  if (vbucket === undefined || !here) throw context.notMyVbucket(exchange);
  if (bucket.manifest.find(collection) === undefined) throw UNKNOWN_COLLECTION;
  const found = bucket.documents.find({ vbucket, collection, key });
  const persisted = found !== undefined && found.seqno <= vbucket.persistedSeqno;
  if (found === undefined || (found.deleted !== undefined && persisted)) {
    return { ...asked, state: ObservedState.NOT_FOUND, cas: 0n };
  }
  const inMemory = found.deleted === undefined ? ObservedState.NOT_PERSISTED : ObservedState.LOGICALLY_DELETED;
  return { ...asked, state: persisted ? ObservedState.PERSISTED : inMemory, cas: found.cas };
}
