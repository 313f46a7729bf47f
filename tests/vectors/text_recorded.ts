/** What memcached 1.6.18 answers in the text and meta protocols, recorded; in all texts a character is a byte. */

import { ADMIN } from "./text_recorded/admin.ts";
import { CLASSIC } from "./text_recorded/classic.ts";
import { ERRORS } from "./text_recorded/errors.ts";
import type { TextExchange } from "./text_recorded/exchange.ts";
import { LOGIN } from "./text_recorded/login.ts";
import { META_GET } from "./text_recorded/meta_get.ts";
import { META_OTHERS } from "./text_recorded/meta_others.ts";
import { META_SET } from "./text_recorded/meta_set.ts";
import { SILENCE } from "./text_recorded/silence.ts";
import { TUNING } from "./text_recorded/tuning.ts";

export type { TextExchange, TextStep } from "./text_recorded/exchange.ts";

/** All exchanges. */
export const TEXT_RECORDED: readonly TextExchange[] = [
  ...CLASSIC,
  ...ADMIN,
  ...TUNING,
  ...SILENCE,
  ...ERRORS,
  ...LOGIN,
  ...META_GET,
  ...META_SET,
  ...META_OTHERS,
];

/** What a second dump is answered while one is under way. */
export const BUSY = "BUSY currently processing crawler request\r\n";

/** Lines of `watch fetchers mutations evictions connevents`; the figures behind the points are microseconds. */
export const WATCH_LINES: readonly string[] = [
  "ts=1795269741.64421 gid=2 type=conn_new rip=127.0.0.1 rport=55810 transport=tcp cfd=12",
  "ts=1795269741.64433 gid=3 type=item_get key=nope status=not_found clsid=0 cfd=12 size=0",
  "ts=1795269741.65056 gid=5 type=item_store key=a status=stored cmd=set ttl=60 clsid=1 cfd=12 size=2",
  "ts=1795269741.65116 gid=8 type=item_store key=a status=not_stored cmd=add ttl=0 clsid=1 cfd=12 size=1",
  "ts=1795269741.65206 gid=15 type=item_get key=a%20b status=not_found clsid=0 cfd=12 size=0",
  "ts=1795269741.67481 gid=21 type=item_store key=big status=too_large cmd=set ttl=0 clsid=12 cfd=4 size=0",
  "ts=1795269741.68092 gid=24 type=item_store key=e status=stored cmd=set ttl=4294967235 clsid=1 cfd=12 size=1",
  "ts=1795269741.369442 gid=29 type=item_store key=fill1 status=stored cmd=set ttl=0 clsid=21 cfd=12 size=8000",
  "ts=1795269741.671284 gid=262 type=eviction key=fill0 fetch=no ttl=-1 la=1 clsid=21 size=8000",
  "ts=1795269750.98964 gid=8908 type=conn_close rip=127.0.0.1 rport=55810 transport=tcp reason=normal cfd=12",
];
