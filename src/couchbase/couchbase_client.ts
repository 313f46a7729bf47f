import type { CallOptions } from "../connection/caller.ts";
import { expiryOf } from "../client/expiry.ts";
import { Client } from "../client/client.ts";
import { asBytes } from "../bytes.ts";
import { KeyNotFoundError, UnsupportedError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import {
  EVICT_KEY,
  GET_EX,
  GET_EX_REPLICA,
  GET_KEYS,
  GET_LOCKED,
  GET_RANDOM_KEY,
  GET_REPLICA,
  UNLOCK_KEY,
} from "../ops/documents.ts";
import { GET_CLUSTER_CONFIG } from "../ops/cluster_config.ts";
import type { Item } from "../ops/item.ts";
import {
  ADD_WITH_META,
  DEL_WITH_META,
  GET_META,
  type GetMetaResponse,
  SET_WITH_META,
  type WithMetaRequest,
} from "../ops/meta.ts";
import {
  GET_ALL_VB_SEQNOS,
  OBSERVE,
  OBSERVE_SEQNO,
  type ObserveSeqnoResponse,
  SEQNO_PERSISTENCE,
} from "../ops/observe.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import type { GetKeyResponse } from "../ops/retrieval.ts";
import { LIST_BUCKETS, SELECT_BUCKET } from "../ops/session.ts";
import type { ScannedItem } from "../ops/range_scan.ts";
import type { MutationResponse } from "../ops/storage.ts";
import { SUBDOC_MULTI_LOOKUP, SUBDOC_MULTI_MUTATION } from "../ops/subdoc_multi.ts";
import {
  DEL_VBUCKET,
  type FailoverEntry,
  GET_FAILOVER_LOG,
  GET_VBUCKET,
  SET_VBUCKET,
  VbucketState,
} from "../ops/vbucket.ts";
import type { Manifest } from "./collections.ts";
import type { DocumentCaller } from "./document_caller.ts";
import { type ScanOptions, scanVbucket } from "./scan.ts";
import { type Observation, observationOf } from "./observation.ts";
import type { Session } from "./session.ts";
import {
  type LookupPathResult,
  lookupPathResult,
  type MutatePathResult,
  mutatePathResult,
  type PathLookup,
  type PathMutation,
  pathRequest,
} from "./single_path.ts";
import {
  documentFlags,
  type LookupInOptions,
  type LookupInResult,
  lookupResult,
  type LookupSpec,
  lookupSpecs,
  type MutateInOptions,
  type MutateInResult,
  mutateResult,
  type MutateSpec,
  mutateSpecs,
} from "./sub_document.ts";

/** The states of a vbucket by name. */
export type VbucketStateName = "active" | "replica" | "pending" | "dead";

/** Which vbuckets a question is about. */
export interface SeqnosOptions extends CallOptions {
  /** Only vbuckets in this state; all that are alive when missing. */
  readonly state?: VbucketStateName;
}

/** A document of which the key was not known. */
export interface RandomDocument {
  /** Its key. */
  readonly key: Uint8Array;
  /** Its value. */
  readonly value: Uint8Array;
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** Its version. */
  readonly cas: bigint;
  /** How to read the value. */
  readonly datatype: number;
}

/** How a document with its metadata is written. */
export type WithMetaOptions =
  & CallOptions
  & Omit<Outgoing<WithMetaRequest>, "key" | "value" | "flags" | "expiry">
  & {
    /** 32 bits to keep with the value; 0 by default. */
    readonly flags?: number;
    /** Unix seconds; 0, the default, for never. */
    readonly expiry?: number;
  };

/** How many replicas a bucket can have. */
const MOST_REPLICAS = 3;

const STATES: { readonly [S in VbucketStateName]: number } = {
  active: VbucketState.ACTIVE,
  replica: VbucketState.REPLICA,
  pending: VbucketState.PENDING,
  dead: VbucketState.DEAD,
};

/**
 * A client of one Couchbase node: all that {@linkcode Client} has, and the rest of the key-value protocol.
 *
 * - Calls find the vbucket of their key by themselves; `vbucket` in the options says otherwise.
 * - `collection` in the options is a number or `scope.collection`; {@linkcode CouchbaseClient.inCollection} sets it for all calls.
 * - `durability`, `preserveExpiry`, `user` and `barrier` in the options go with the request. What the server has not agreed to
 *   rejects with an {@linkcode UnsupportedError} before anything is sent.
 *
 * Made by {@linkcode connectCouchbase}.
 */
export class CouchbaseClient extends Client {
  readonly #documents: DocumentCaller;
  /** What came of the start of the session. */
  readonly session: Session;

  /** Makes a client over a caller on which a session was started. */
  constructor(documents: DocumentCaller, session: Session) {
    super(documents);
    this.#documents = documents;
    this.session = session;
  }

  /** A client over the same connection whose calls are about a collection: its number or `scope.collection`. */
  inCollection(collection: number | string): CouchbaseClient {
    return new CouchbaseClient(this.#documents.inCollection(collection), this.session);
  }

  /** Reads a document from a node that holds a replica of it: the first, unless `replica` in the options says another. */
  getReplica(key: Bytes, options?: CallOptions): Promise<Item | undefined> {
    return this.#orMissing(GET_REPLICA, { key }, { replica: 1, ...options }) as Promise<Item | undefined>;
  }

  /**
   * Reads a document from its active node, and if that does not answer from its replicas, one after the other; what a replica gives may
   * be older. Rejects with what the active node said if no node answers. `timeout` is for each of them.
   */
  async getFromAny(key: Bytes, options?: CallOptions): Promise<Item | undefined> {
    try {
      return await this.get(key, options);
    } catch (error) {
      for (let replica = 1; replica <= MOST_REPLICAS; replica++) {
        options?.signal?.throwIfAborted();
        const found = await this.getReplica(key, { ...options, replica }).catch(() => undefined);
        if (found !== undefined) return found;
      }
      throw error;
    }
  }

  /**
   * Reads a document and locks it: others cannot write it until it is unlocked, written with the `cas` that this gives, or the time
   * is over. `lockTime` is in seconds; 15 by default, 30 at the most.
   */
  getLocked(key: Bytes, options?: CallOptions & { readonly lockTime?: number }): Promise<Item | undefined> {
    const lockTime = options?.lockTime;
    const request = lockTime === undefined ? { key } : { key, lockTime };
    return this.#orMissing(GET_LOCKED, request, options) as Promise<Item | undefined>;
  }

  /** Unlocks a document, with the version that the lock gave. */
  async unlock(key: Bytes, cas: bigint, options?: CallOptions): Promise<void> {
    await this.caller.call(UNLOCK_KEY, { key, cas }, options);
  }

  /** Reads a document with its attributes: see {@linkcode decodeValue}. */
  getEx(key: Bytes, options?: CallOptions): Promise<Item | undefined> {
    const op = Number(options?.replica ?? 0) > 0 ? GET_EX_REPLICA : GET_EX;
    return this.#orMissing(op, { key }, options) as Promise<Item | undefined>;
  }

  /** Whether there is a document. */
  async exists(key: Bytes, options?: CallOptions): Promise<boolean> {
    const meta = await this.getMeta(key, options);
    return meta !== undefined && !meta.deleted;
  }

  /** Reads any document of a vbucket. */
  async getRandom(
    options?: CallOptions & { readonly includeXattrs?: boolean },
  ): Promise<RandomDocument | undefined> {
    const { collection, includeXattrs, ...rest } = options ?? {};
    const id = await this.#collectionId(collection, rest);
    const request = {
      ...(id === undefined ? {} : { collection: id }),
      ...(includeXattrs === undefined ? {} : { collection: id ?? 0, includeXattrs }),
    };
    const found = await this.#orMissing(GET_RANDOM_KEY, request, rest);
    if (found === undefined) return undefined;
    const { key, value, flags, cas, datatype = 0 } = found as GetKeyResponse;
    return { key, value, flags, cas, datatype };
  }

  /** Lists keys of a vbucket from one on, in the order of their bytes. */
  async getKeys(from: Bytes, options?: CallOptions & { readonly count?: number }): Promise<readonly Uint8Array[]> {
    const count = options?.count;
    const { keys } = await this.caller.call(
      GET_KEYS,
      count === undefined ? { key: from } : { key: from, count },
      options,
    );
    return keys;
  }

  /** Drops the value of a document from the memory of the server; for tests. */
  async evict(key: Bytes, options?: CallOptions): Promise<void> {
    await this.caller.call(EVICT_KEY, { key }, options);
  }

  /** Reads the metadata of a document, or of its tombstone. */
  getMeta(key: Bytes, options?: CallOptions): Promise<GetMetaResponse | undefined> {
    return this.#orMissing(GET_META, { key, version: 2 }, options);
  }

  /** Writes a document with its metadata. */
  setWithMeta(key: Bytes, value: Bytes, options: WithMetaOptions): Promise<MutationResponse> {
    return this.#withMeta(SET_WITH_META, key, value, options);
  }

  /** Writes a document that must not exist, with its metadata. */
  addWithMeta(key: Bytes, value: Bytes, options: WithMetaOptions): Promise<MutationResponse> {
    return this.#withMeta(ADD_WITH_META, key, value, options);
  }

  /** Deletes a document with its metadata. */
  deleteWithMeta(key: Bytes, options: WithMetaOptions): Promise<MutationResponse> {
    return this.#withMeta(DEL_WITH_META, key, "", options);
  }

  /** Reads paths of a document; `undefined` if there is none. A path that is missing is no error: see {@linkcode PathResult}. */
  async lookupIn(
    key: Bytes,
    specs: readonly LookupSpec[],
    options: LookupInOptions = {},
  ): Promise<LookupInResult | undefined> {
    const flags = documentFlags(options);
    const request = { key, specs: lookupSpecs(specs), ...(flags === undefined ? {} : { documentFlags: flags }) };
    const response = await this.#orMissing(SUBDOC_MULTI_LOOKUP, request, options);
    return response === undefined ? undefined : lookupResult(response);
  }

  /**
   * Changes paths of a document, all or none.
   *
   * @throws {PathError} If a path does not hold; it says which.
   */
  async mutateIn(
    key: Bytes,
    specs: readonly MutateSpec[],
    options: MutateInOptions = {},
  ): Promise<MutateInResult> {
    const flags = documentFlags(options);
    const request = {
      key,
      specs: mutateSpecs(specs),
      ...(flags === undefined ? {} : { documentFlags: flags }),
      ...(options.ttl === undefined && options.expiresAt === undefined ? {} : { expiry: expiryOf(options) }),
      ...(options.flags === undefined ? {} : { userFlags: options.flags }),
      ...(options.cas === undefined ? {} : { cas: options.cas }),
    };
    const response = await this.caller.call(SUBDOC_MULTI_MUTATION, request, options);
    return mutateResult(response, specs.length);
  }

  /** Reads one path of a document by the opcode for it; `undefined` if there is no document. A path that is missing is no error. */
  lookupPath(key: Bytes, spec: PathLookup, options: LookupInOptions = {}): Promise<LookupPathResult | undefined> {
    const { op, request } = pathRequest(key, lookupSpecs([spec])[0]!, { documentFlags: documentFlags(options) });
    return this.caller.call(op, request, options, lookupPathResult);
  }

  /**
   * Changes one path of a document by the opcode for it.
   *
   * @throws {StatusError} If the path does not hold.
   */
  async mutatePath(key: Bytes, spec: PathMutation, options: MutateInOptions = {}): Promise<MutatePathResult> {
    const expires = options.ttl !== undefined || options.expiresAt !== undefined;
    const { op, request } = pathRequest(key, mutateSpecs([spec])[0]!, {
      documentFlags: documentFlags(options),
      expiry: expires ? expiryOf(options) : undefined,
      userFlags: options.flags,
      cas: options.cas,
    });
    return mutatePathResult(await this.caller.call(op, request, options));
  }

  /** Scans the documents of a vbucket, in the order of their keys or at random. */
  async *scan(options: ScanOptions & { readonly vbucket: number }): AsyncGenerator<ScannedItem, void, void> {
    const { collection, ...rest } = options;
    yield* scanVbucket(this.caller, await this.#collectionId(collection, rest) ?? 0, rest);
  }

  /** Asks the node how far writes of some keys have come there. */
  async observe(keys: readonly Bytes[], options?: CallOptions): Promise<readonly Observation[]> {
    const asked = keys.map((key) => ({
      vbucket: options?.vbucket ?? this.#documents.vbucketOf(key),
      key: asBytes(key),
    }));
    const { results } = await this.caller.call(OBSERVE, { keys: asked }, options);
    return results.map(observationOf);
  }

  /** Asks the node how far it is in a history of a vbucket. */
  observeSeqno(vbucket: number, vbuuid: bigint, options?: CallOptions): Promise<ObserveSeqnoResponse> {
    return this.caller.call(OBSERVE_SEQNO, { vbuuid }, { ...options, vbucket });
  }

  /** Resolves when a write of a vbucket is on the disk of the node. */
  async seqnoPersisted(vbucket: number, seqno: bigint, options?: CallOptions): Promise<void> {
    await this.caller.call(SEQNO_PERSISTENCE, { seqno }, { ...options, vbucket });
  }

  /** Asks for the last write of every vbucket, of a collection if the options name one. */
  async vbucketSeqnos(options: SeqnosOptions = {}): Promise<ReadonlyMap<number, bigint>> {
    const { collection, state, ...rest } = options;
    const id = await this.#collectionId(collection, rest);
    const request = {
      ...(state === undefined ? {} : { state: STATES[state] }),
      ...(id === undefined ? {} : { collection: id }),
    };
    const { seqnos } = await this.caller.call(GET_ALL_VB_SEQNOS, request, rest);
    return seqnos;
  }

  /** Asks for the histories of vbuckets, the newest first; all in one write. */
  async failoverLogs(
    vbuckets: Iterable<number>,
    options?: CallOptions,
  ): Promise<ReadonlyMap<number, readonly FailoverEntry[]>> {
    const asked = [...vbuckets];
    const answers = await Promise.all(
      asked.map((vbucket) => this.caller.call(GET_FAILOVER_LOG, {}, { ...options, vbucket })),
    );
    return new Map(asked.map((vbucket, i) => [vbucket, answers[i]!.entries]));
  }

  /** Asks for the state of a vbucket. */
  async getVbucket(vbucket: number, options?: CallOptions): Promise<VbucketStateName> {
    const { state } = await this.caller.call(GET_VBUCKET, {}, { ...options, vbucket });
    const name = (Object.keys(STATES) as VbucketStateName[]).find((key) => STATES[key] === state);
    if (name === undefined) throw new UnsupportedError(`Cannot name the state ${state} of vbucket ${vbucket}`);
    return name;
  }

  /** Changes the state of a vbucket; makes it if it is missing. Servers before 6.5 need `legacy`: where the state goes. */
  async setVbucket(
    vbucket: number,
    state: VbucketStateName,
    options?: CallOptions & { readonly legacy?: "extras" | "value" },
  ): Promise<void> {
    const legacy = options?.legacy;
    const request = legacy === undefined ? { state: STATES[state] } : { state: STATES[state], legacy };
    await this.caller.call(SET_VBUCKET, request, { ...options, vbucket });
  }

  /** Removes a vbucket. */
  async deleteVbucket(vbucket: number, options?: CallOptions): Promise<void> {
    await this.caller.call(DEL_VBUCKET, {}, { ...options, vbucket });
  }

  /** Asks which scopes and collections the bucket has. */
  manifest(options?: CallOptions): Promise<Manifest> {
    return this.#documents.collections.manifest(options);
  }

  /** The number of a collection, `scope.collection`; asked for once. */
  collectionId(path: string, options?: CallOptions): Promise<number> {
    return this.#documents.collections.get(path, options);
  }

  /** Names the buckets that the user may see. */
  async listBuckets(options?: CallOptions): Promise<string[]> {
    const { buckets } = await this.caller.call(LIST_BUCKETS, {}, options);
    return buckets.split(" ").filter((name) => name !== "");
  }

  /** Chooses another bucket for the connection. */
  async selectBucket(bucket: string, options?: CallOptions): Promise<void> {
    await this.caller.call(SELECT_BUCKET, { bucket }, options);
  }

  /** Asks for the cluster map as JSON text; `undefined` if the server has none that is newer than the known one. */
  async clusterConfig(
    options?: CallOptions & { readonly known?: { readonly epoch: bigint; readonly revision: bigint } },
  ): Promise<string | undefined> {
    const known = options?.known;
    const { json } = await this.caller.call(GET_CLUSTER_CONFIG, known === undefined ? {} : { known }, options);
    return json === "" ? undefined : json;
  }

  #withMeta(
    op: Op<WithMetaRequest, MutationResponse>,
    key: Bytes,
    value: Bytes,
    options: WithMetaOptions,
  ): Promise<MutationResponse> {
    const { revision, newCas, cas, extendedMeta, datatype, options: bits, flags = 0, expiry = 0, ...call } = options;
    const request = {
      key,
      value,
      flags,
      expiry,
      revision,
      newCas,
      ...(cas === undefined ? {} : { cas }),
      ...(extendedMeta === undefined ? {} : { extendedMeta }),
      ...(datatype === undefined ? {} : { datatype }),
      ...(bits === undefined ? {} : { options: bits }),
    };
    return this.caller.call(op, request, call);
  }

  /** A document that is missing is no error. */
  async #orMissing<Req, Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options: CallOptions | undefined,
  ): Promise<Res | undefined> {
    try {
      return await this.caller.call(op, request, options);
    } catch (error) {
      if (error instanceof KeyNotFoundError) return undefined;
      throw error;
    }
  }

  #collectionId(collection: number | string | undefined, options: CallOptions): Promise<number | undefined> {
    return this.#documents.collectionId(collection, options);
  }
}
