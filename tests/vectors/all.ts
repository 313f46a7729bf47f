/** All golden vectors of whole frames. */

import { BINARY_CORE } from "./binary_core.ts";
import { BINARY_CORE_COUCHBASE } from "./binary_core_couchbase.ts";
import { BINARY_CORE_DOCUMENTS } from "./binary_core_documents.ts";
import { COUCHBASE_DOCUMENTS, COUCHBASE_META } from "./couchbase_documents.ts";
import { COUCHBASE_RECORDED_316 } from "./couchbase_recorded_316.ts";
import { COUCHBASE_RECORDED_605, COUCHBASE_RECORDED_605_OBSERVE } from "./couchbase_recorded_605.ts";
import { COUCHBASE_RECORDED_SDK } from "./couchbase_recorded_sdk.ts";
import { COUCHBASE_SCANS } from "./couchbase_scans.ts";
import { COUCHBASE_SUBDOC, COUCHBASE_SUBDOC_ARRAYS } from "./couchbase_subdoc.ts";
import { COUCHBASE_COLLECTIONS, COUCHBASE_TOPOLOGY } from "./couchbase_topology.ts";
import { DCP } from "./dcp.ts";
import { DCP_EVENTS } from "./dcp_events.ts";
import { DCP_EVENTS_MORE } from "./dcp_events_more.ts";
import { MEMCACHED_FAILURES } from "./memcached_failures.ts";
import { MEMCACHED_REQUESTS } from "./memcached_requests.ts";
import { MEMCACHED_SUCCESSES } from "./memcached_successes.ts";
import { SASL } from "./sasl.ts";
import { SEED_COUCHBASE } from "./seed_couchbase.ts";
import { SEED_COUCHBASE_SESSION } from "./seed_couchbase_session.ts";
import { SEED_DCP } from "./seed_dcp.ts";
import { SEED_GODROPBOX } from "./seed_godropbox.ts";
import { SEED_REQUESTS } from "./seed_requests.ts";
import { SEED_RESPONSES } from "./seed_responses.ts";
import { SEED_SEQNOS } from "./seed_seqnos.ts";
import { SEED_TAP } from "./seed_tap.ts";
import { TAP } from "./tap.ts";
import type { Vector } from "./vector.ts";

/** Every vector; no two have the same name. */
export const VECTORS: readonly Vector[] = [
  ...BINARY_CORE,
  ...BINARY_CORE_COUCHBASE,
  ...BINARY_CORE_DOCUMENTS,
  ...COUCHBASE_DOCUMENTS,
  ...COUCHBASE_META,
  ...COUCHBASE_TOPOLOGY,
  ...COUCHBASE_COLLECTIONS,
  ...COUCHBASE_SUBDOC,
  ...COUCHBASE_SUBDOC_ARRAYS,
  ...COUCHBASE_SCANS,
  ...COUCHBASE_RECORDED_316,
  ...COUCHBASE_RECORDED_605,
  ...COUCHBASE_RECORDED_605_OBSERVE,
  ...COUCHBASE_RECORDED_SDK,
  ...DCP,
  ...DCP_EVENTS,
  ...DCP_EVENTS_MORE,
  ...MEMCACHED_REQUESTS,
  ...MEMCACHED_SUCCESSES,
  ...MEMCACHED_FAILURES,
  ...SASL,
  ...SEED_REQUESTS,
  ...SEED_RESPONSES,
  ...SEED_COUCHBASE,
  ...SEED_COUCHBASE_SESSION,
  ...SEED_DCP,
  ...SEED_GODROPBOX,
  ...SEED_SEQNOS,
  ...SEED_TAP,
  ...TAP,
];
