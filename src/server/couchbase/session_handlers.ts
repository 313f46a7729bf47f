import { NOOP, QUIT, VERBOSITY, VERSION } from "../../ops/admin.ts";
import {
  CLUSTERMAP_CHANGE_NOTIFICATION,
  type ConfigVersion,
  GET_CLUSTER_CONFIG,
  SET_CLUSTER_CONFIG,
} from "../../ops/cluster_config.ts";
import { GET_ERROR_MAP, LIST_BUCKETS, SELECT_BUCKET } from "../../ops/session.ts";
import { Feature } from "../../wire/features.ts";
import type { Server } from "../server.ts";
import { NOT_FOUND } from "../status_reply.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { type ClusterMap, isNewer } from "./cluster_config.ts";
import { ERROR_MAP_VERSION, errorMapJson } from "./error_map.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, NO_BUCKET } from "./refusals.ts";

/** What the node says it is. */
const VERSION_TEXT = "7.6.0";

/** Answers what is about the connection and not about documents, but HELLO and SASL. */
export function registerSession(server: Server, context: NodeContext): void {
  const version = context.options.version ?? VERSION_TEXT;
  server
    .on(NOOP, () => {})
    .on(QUIT, (_, exchange) => exchange.close())
    .on(VERSION, () => ({ version }))
    .on(VERBOSITY, () => {})
    .on(GET_ERROR_MAP, ({ version }, { vbucket }) => {
      if (vbucket !== 0 || version === 0) throw invalid("No error map has this version, or the vbucket is not 0");
      return { json: errorMapJson(Math.min(version, ERROR_MAP_VERSION)) };
    })
    .on(SELECT_BUCKET, ({ bucket }, { session }) => context.select(session, bucket))
    .on(LIST_BUCKETS, (_, { session }) => {
      const names = [...context.buckets.values()].filter((bucket) => context.mayUse(bucket, session.user));
      return { buckets: names.map(({ name }) => name).join(" ") };
    });
}

/** Answers what is about cluster maps, and tells of new ones those who have asked for it. */
export function registerClusterMaps(server: Server, context: NodeContext): void {
  server
    .on(GET_CLUSTER_CONFIG, ({ known }, exchange) => {
      const state = context.state(exchange.session);
      if (state.bucket === undefined) throw NO_BUCKET;
      if (known !== undefined && !isVersion(known)) throw invalid("The version of the cluster map is none");
      const map = context.maps.of(state.bucket);
      if (known !== undefined && !isNewer(map, known)) return { json: "" };
      state.sentMap = map;
      return { json: map.json };
    })
    .on(SET_CLUSTER_CONFIG, ({ bucket: name, version, json }, { session }) => {
      const bucket = name === "" ? context.state(session).bucket : context.buckets.get(name);
      if (bucket === undefined) throw name === "" ? NO_BUCKET : NOT_FOUND;
      context.maps.set(bucket, { ...version ?? readVersion(json), json });
    });
  context.maps.listen((bucket, map) => tellAll(server, context, { bucket, map }));
}

/** Clients of old do not say the version, which stands in the map too. */
function readVersion(json: string): ConfigVersion {
  let map: { readonly rev?: unknown; readonly revEpoch?: unknown };
  try {
    map = JSON.parse(json);
  } catch {
    throw invalid("The cluster map is no JSON");
  }
  const { rev, revEpoch = 1 } = map ?? {};
  if (!Number.isInteger(rev) || !Number.isInteger(revEpoch)) throw invalid("The cluster map has no revision");
  return { epoch: BigInt(revEpoch as number), revision: BigInt(rev as number) };
}

/** Epochs begin at 1; a client that knows none says -1. */
function isVersion({ epoch, revision }: ConfigVersion): boolean {
  return (epoch >= 1n || epoch === -1n) && revision >= 1n;
}

function tellAll(
  server: Server,
  context: NodeContext,
  { bucket, map }: { readonly bucket: CouchbaseBucket; readonly map: ClusterMap },
): void {
  for (const session of server.sessions) {
    const state = context.state(session);
    if (state.bucket !== bucket) continue;
    const brief = session.features.has(Feature.CLUSTERMAP_CHANGE_NOTIFICATION_BRIEF);
    if (!brief && !session.features.has(Feature.CLUSTERMAP_CHANGE_NOTIFICATION)) continue;
    if (!brief) state.sentMap = map;
    const { epoch, revision, json } = map;
    session.notify(CLUSTERMAP_CHANGE_NOTIFICATION, {
      epoch,
      revision,
      bucket: bucket.name,
      json: brief ? "" : json,
    });
  }
}
