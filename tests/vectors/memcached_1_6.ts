/**
 * What memcached 1.6.18 (64 bits, Debian) answers, recorded: every command of its binary protocol, and what it makes of
 * requests that are none. What was found out beyond the documents stands as comments beside the exchanges; in short:
 *
 * - Nothing is answered before header, extras and key are there, nor a SET before its value is, even one that is too large.
 * - Lengths that do not fit the command: EINVAL, then the connection closes; what was not read makes that a reset. But a key
 *   longer than its body is "unknown command" and a close, and TOUCH and STAT leave a value that they do not expect in the way.
 * - An unknown opcode with extras or a key swallows as many bytes again of what follows, and is not answered before.
 * - A SET that is too large deletes the old value, an ADD or REPLACE does not. An APPEND that makes the value too large is "not
 *   stored", one that is too large itself is "too large".
 * - INCREMENT and DECREMENT look at the CAS only where the key exists. Digits may have white space or `+` in front, and behind
 *   them white space with anything after it; the text keeps its width, filled with blanks.
 * - ADD with a CAS is SET with a CAS. DELETE answers CAS 0. TOUCH and GAT keep the CAS.
 * - STAT of an unknown group is one frame with status 1 and no terminator. A name that only begins with "settings" is "settings".
 * - Where SASL is asked for, the first other command is answered with AUTH_ERROR and closes, QUITQ included. A second SASL_AUTH
 *   after success fails and takes the authentication away.
 */

import { ADMIN } from "./memcached_1_6/admin.ts";
import { CONCAT } from "./memcached_1_6/concat.ts";
import { COUNTER_TEXTS } from "./memcached_1_6/counter_texts.ts";
import { COUNTERS } from "./memcached_1_6/counters.ts";
import type { Exchange } from "./memcached_1_6/exchange.ts";
import { LIMITS } from "./memcached_1_6/limits.ts";
import { QUIET } from "./memcached_1_6/quiet.ts";
import { REFUSED_EXCHANGES } from "./memcached_1_6/refused.ts";
import { RETRIEVAL } from "./memcached_1_6/retrieval.ts";
import { SASL_EXCHANGES } from "./memcached_1_6/sasl.ts";
import { SERVERS } from "./memcached_1_6/servers.ts";
import { STORAGE } from "./memcached_1_6/storage.ts";
import { STRANGE } from "./memcached_1_6/strange.ts";

export type { Exchange, Step } from "./memcached_1_6/exchange.ts";
export { SASL_EXCHANGES } from "./memcached_1_6/sasl.ts";
export { SERVERS } from "./memcached_1_6/servers.ts";
export { UNKNOWN_OPCODES } from "./memcached_1_6/strange.ts";

/** What a server with default settings answers. Each exchange has keys of its own: they may share a server, in any order. */
export const EXCHANGES: readonly Exchange[] = [
  ...RETRIEVAL,
  ...STORAGE,
  ...CONCAT,
  ...COUNTERS,
  ...COUNTER_TEXTS,
  ...QUIET,
  ...ADMIN,
  ...REFUSED_EXCHANGES,
  ...STRANGE,
  ...LIMITS,
];

/** Those, and those with servers that are started otherwise. */
export const ALL_EXCHANGES: readonly Exchange[] = [...EXCHANGES, ...SERVERS, ...SASL_EXCHANGES];
