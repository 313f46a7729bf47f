import { HELLO } from "../../ops/session.ts";
import { Feature, Features } from "../../wire/features.ts";
import type { Server } from "../server.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid } from "./refusals.ts";

/** What the node can do, or does not mind. */
const GRANTED: ReadonlySet<number> = new Set<number>([
  Feature.TCP_NODELAY,
  Feature.MUTATION_SEQNO,
  Feature.XATTR,
  Feature.XERROR,
  Feature.SELECT_BUCKET,
  Feature.SNAPPY,
  Feature.JSON,
  Feature.DUPLEX,
  Feature.CLUSTERMAP_CHANGE_NOTIFICATION,
  // Answers may come in another order, and need not: here they keep that of the requests.
  Feature.UNORDERED_EXECUTION,
  Feature.TRACING,
  Feature.ALT_REQUEST_SUPPORT,
  Feature.SYNC_REPLICATION,
  Feature.COLLECTIONS,
  Feature.SNAPPY_EVERYWHERE,
  Feature.PRESERVE_TTL,
  Feature.VATTR,
  Feature.SUBDOC_CREATE_AS_DELETED,
  Feature.SUBDOC_DOCUMENT_MACRO_SUPPORT,
  Feature.SUBDOC_REPLACE_BODY_WITH_XATTR,
  Feature.SUBDOC_REPLICA_READ,
  Feature.GET_CLUSTER_CONFIG_WITH_KNOWN_VERSION,
  Feature.DEDUPE_NOT_MY_VBUCKET_CLUSTERMAP,
  Feature.CLUSTERMAP_CHANGE_NOTIFICATION_BRIEF,
  Feature.SUBDOC_ALLOWS_ACCESS_ON_MULTIPLE_XATTR_KEYS,
  Feature.SUBDOC_BINARY_XATTR,
  Feature.RANGE_SCAN_INCLUDE_XATTR,
  Feature.SUBDOC_ALLOW_REPLICA_READ_ON_DELETED_DOCS,
  Feature.GET_RANDOM_KEY_INCLUDE_XATTR,
]);

/** What makes no sense without something else. */
const NEEDED: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [Feature.VATTR, [Feature.XATTR]],
  [Feature.SUBDOC_DOCUMENT_MACRO_SUPPORT, [Feature.XATTR]],
  [Feature.RANGE_SCAN_INCLUDE_XATTR, [Feature.XATTR]],
  [Feature.GET_RANDOM_KEY_INCLUDE_XATTR, [Feature.XATTR, Feature.JSON, Feature.SNAPPY_EVERYWHERE]],
]);

/** What the server tells by itself, which it may only where both directions are agreed on. */
const TOLD: readonly number[] = [Feature.CLUSTERMAP_CHANGE_NOTIFICATION, Feature.CLUSTERMAP_CHANGE_NOTIFICATION_BRIEF];

/** Answers HELLO: what was agreed on before is forgotten, even when the new list is refused. */
export function registerHello(server: Server, context: NodeContext): void {
  server.on(HELLO, ({ agent, features }, { session }) => {
    session.features = Features.NONE;
    context.state(session).agent = agent;
    const asked = new Set(features);
    if (TOLD.some((code) => asked.has(code)) && !asked.has(Feature.DUPLEX)) {
      throw invalid("Notifications of cluster maps need Duplex");
    }
    const granted = [...asked].filter((code) =>
      GRANTED.has(code) && (NEEDED.get(code) ?? []).every((other) => asked.has(other))
    );
    // To allow it everywhere is to allow it in documents.
    if (granted.includes(Feature.SNAPPY_EVERYWHERE)) granted.push(Feature.SNAPPY);
    const codes = [...new Set(granted)].sort((a, b) => a - b);
    session.features = new Features(codes);
    return { features: codes };
  });
}
