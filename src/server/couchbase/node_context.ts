import type { Exchange } from "../exchange.ts";
import { NOT_FOUND, StatusReply } from "../status_reply.ts";
import type { Session } from "../session.ts";
import { Datatype } from "../../wire/datatype.ts";
import { Feature } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import type { ClusterMaps } from "./cluster_maps.ts";
import { ConnectionState } from "./connection_state.ts";
import type { CouchbaseNodeOptions } from "./node_options.ts";
import { NO_ACCESS, NO_BUCKET, NOT_MY_VBUCKET, NOT_SUPPORTED } from "./refusals.ts";
import type { Vbucket } from "./vbucket.ts";

/** Selecting this selects none. */
const NOTHING_SELECTED = "@no bucket@";

/** What the handlers of a node share. */
export class NodeContext {
  /** How the node is set. */
  readonly options: CouchbaseNodeOptions;
  /** The buckets by their names. */
  readonly buckets: ReadonlyMap<string, CouchbaseBucket>;
  /** The cluster maps. */
  readonly maps: ClusterMaps;
  readonly #states = new WeakMap<Session, ConnectionState>();

  /** Made by the node. */
  constructor(
    options: CouchbaseNodeOptions,
    buckets: ReadonlyMap<string, CouchbaseBucket>,
    maps: ClusterMaps,
  ) {
    this.options = options;
    this.buckets = buckets;
    this.maps = maps;
  }

  /** What is remembered of a connection. */
  state(session: Session): ConnectionState {
    let state = this.#states.get(session);
    if (state === undefined) {
      state = new ConnectionState();
      this.#states.set(session, state);
    }
    return state;
  }

  /** Whether a connection may do more than log in. */
  isLoggedIn(session: Session): boolean {
    return this.options.users === undefined || session.user !== undefined;
  }

  /** Whether there is such a user. */
  isUser(name: string): boolean {
    return this.options.users !== undefined && Object.hasOwn(this.options.users, name);
  }

  /** Whether a user may use a bucket; without users everybody may. */
  mayUse(bucket: CouchbaseBucket, user: string | undefined): boolean {
    return this.options.users === undefined || bucket.allows(user);
  }

  /** The bucket that a request is about. Throws NO_BUCKET if none was selected, EACCESS if it is not for the user. */
  bucket(exchange: Exchange<never> | Exchange): CouchbaseBucket {
    const { bucket } = this.state(exchange.session);
    if (bucket === undefined) throw NO_BUCKET;
    for (const info of exchange.infos) {
      if (info.type === "impersonate" && !this.mayUse(bucket, info.user)) throw NO_ACCESS;
    }
    return bucket;
  }

  /** Refuses what a connection cannot do any more once it carries a feed: to be about another user or bucket. */
  checkNoFeed(session: Session): void {
    if (this.state(session).feed !== undefined) throw NOT_SUPPORTED;
  }

  /** Selects a bucket by its name. Throws KEY_ENOENT if there is none, EACCESS if it is not for the user. */
  select(session: Session, name: string): void {
    this.checkNoFeed(session);
    const state = this.state(session);
    if (name === NOTHING_SELECTED) {
      state.bucket = undefined;
      return;
    }
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw NOT_FOUND;
    if (!this.mayUse(bucket, session.user)) throw NO_ACCESS;
    if (state.bucket !== bucket) state.sentMap = undefined;
    state.bucket = bucket;
  }

  /** The vbucket of a request, whatever its state; dead ones and missing ones are answered by the cluster map. */
  anyVbucket(exchange: Exchange<never> | Exchange): Vbucket {
    const vbucket = this.bucket(exchange).findVbucket(exchange.vbucket);
    if (vbucket === undefined || vbucket.state === VbucketState.DEAD) throw this.notMyVbucket(exchange);
    return vbucket;
  }

  /** The vbucket of a request, if it is in a state. */
  vbucketIn(exchange: Exchange<never> | Exchange, state: number): Vbucket {
    const vbucket = this.anyVbucket(exchange);
    if (vbucket.state !== state) throw this.notMyVbucket(exchange);
    return vbucket;
  }

  /** The refusal of a request whose vbucket is elsewhere: with the cluster map, unless the client has it and said that this is enough. */
  notMyVbucket({ session, features }: Exchange<never> | Exchange): StatusReply {
    const state = this.state(session);
    if (state.bucket === undefined) return NOT_MY_VBUCKET;
    const map = this.maps.of(state.bucket);
    const known = state.sentMap;
    const hasIt = known !== undefined && known.epoch === map.epoch && known.revision === map.revision;
    if (hasIt && features.has(Feature.DEDUPE_NOT_MY_VBUCKET_CLUSTERMAP)) return NOT_MY_VBUCKET;
    state.sentMap = map;
    return new StatusReply(Status.NOT_MY_VBUCKET, { value: map.json, datatype: Datatype.JSON });
  }
}
