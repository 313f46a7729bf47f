/** Administration, statistics, dumps and logging in. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** Administration, statistics, dumps and logging in. */
export const ADMIN: readonly TextExchange[] = [
  {
    name: "flush_all and verbosity",
    steps: [
      { expect: "OK", send: "flush_all\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "flush_all 0\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "flush_all -1\r\n", receive: "OK\r\n" },
      { expect: "NOTHING", send: "flush_all 0 noreply\r\n", receive: "" },
      { expect: "OK", send: "verbosity 0\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "flush_all x\r\n", receive: "CLIENT_ERROR invalid exptime argument\r\n" },
      { expect: "OK", send: "verbosity\r\n", receive: "ERROR\r\n", peculiar: true },
    ],
  },
  {
    name: "version and statistics",
    steps: [
      { expect: "VERSION", send: "version\r\n", receive: "VERSION 1.6.18\r\n" },
      {
        expect: "STATS",
        send: "stats\r\n",
        receive:
          "STAT pid 30013\r\nSTAT uptime 11\r\nSTAT time 1795272708\r\nSTAT version 1.6.18\r\nSTAT libevent 2.1.12-stable\r\nSTAT pointer_size 64\r\nSTAT rusage_user 0.030841\r\nSTAT rusage_system 0.000000\r\nSTAT max_connections 1024\r\nSTAT curr_connections 1\r\nSTAT total_connections 13\r\nSTAT rejected_connections 0\r\nSTAT connection_structures 3\r\nSTAT response_obj_oom 0\r\nSTAT response_obj_count 1\r\nSTAT response_obj_bytes 16384\r\nSTAT read_buf_count 2\r\nSTAT read_buf_bytes 32768\r\nSTAT read_buf_bytes_free 0\r\nSTAT read_buf_oom 0\r\nSTAT reserved_fds 5\r\nSTAT cmd_get 25\r\nSTAT cmd_set 30\r\nSTAT cmd_flush 5\r\nSTAT cmd_touch 8\r\nSTAT cmd_meta 0\r\nSTAT get_hits 20\r\nSTAT get_misses 5\r\nSTAT get_expired 1\r\nSTAT get_flushed 0\r\nSTAT delete_misses 1\r\nSTAT delete_hits 2\r\nSTAT incr_misses 1\r\nSTAT incr_hits 4\r\nSTAT decr_misses 0\r\nSTAT decr_hits 3\r\nSTAT cas_misses 1\r\nSTAT cas_hits 1\r\nSTAT cas_badval 2\r\nSTAT touch_hits 5\r\nSTAT touch_misses 3\r\nSTAT store_too_large 0\r\nSTAT store_no_memory 0\r\nSTAT auth_cmds 0\r\nSTAT auth_errors 0\r\nSTAT bytes_read 2277\r\nSTAT bytes_written 1508\r\nSTAT limit_maxbytes 67108864\r\nSTAT accepting_conns 1\r\nSTAT listen_disabled_num 0\r\nSTAT time_in_listen_disabled_us 0\r\nSTAT threads 1\r\nSTAT conn_yields 0\r\nSTAT hash_power_level 16\r\nSTAT hash_bytes 524288\r\nSTAT hash_is_expanding 0\r\nSTAT slab_reassign_rescues 0\r\nSTAT slab_reassign_chunk_rescues 0\r\nSTAT slab_reassign_evictions_nomem 0\r\nSTAT slab_reassign_inline_reclaim 0\r\nSTAT slab_reassign_busy_items 0\r\nSTAT slab_reassign_busy_deletes 0\r\nSTAT slab_reassign_running 0\r\nSTAT slabs_moved 0\r\nSTAT lru_crawler_running 0\r\nSTAT lru_crawler_starts 1\r\nSTAT lru_maintainer_juggles 194\r\nSTAT malloc_fails 0\r\nSTAT log_worker_dropped 0\r\nSTAT log_worker_written 0\r\nSTAT log_watcher_skipped 0\r\nSTAT log_watcher_sent 0\r\nSTAT log_watchers 0\r\nSTAT unexpected_napi_ids 0\r\nSTAT round_robin_fallback 0\r\nSTAT bytes 0\r\nSTAT curr_items 0\r\nSTAT total_items 23\r\nSTAT slab_global_page_pool 0\r\nSTAT expired_unfetched 1\r\nSTAT evicted_unfetched 0\r\nSTAT evicted_active 0\r\nSTAT evictions 0\r\nSTAT reclaimed 11\r\nSTAT crawler_reclaimed 0\r\nSTAT crawler_items_checked 0\r\nSTAT lrutail_reflocked 4\r\nSTAT moves_to_cold 10\r\nSTAT moves_to_warm 5\r\nSTAT moves_within_lru 2\r\nSTAT direct_reclaims 0\r\nSTAT lru_bumps_dropped 0\r\nEND\r\n",
        varies: true,
      },
      {
        expect: "STATS",
        send: "stats settings\r\n",
        receive:
          "STAT maxbytes 67108864\r\nSTAT maxconns 1024\r\nSTAT tcpport 21997\r\nSTAT udpport 0\r\nSTAT inter 127.0.0.1\r\nSTAT verbosity 0\r\nSTAT oldest 70\r\nSTAT evictions on\r\nSTAT domain_socket NULL\r\nSTAT umask 700\r\nSTAT shutdown_command no\r\nSTAT growth_factor 1.25\r\nSTAT chunk_size 48\r\nSTAT num_threads 1\r\nSTAT num_threads_per_udp 1\r\nSTAT stat_key_prefix :\r\nSTAT detail_enabled no\r\nSTAT reqs_per_event 20\r\nSTAT cas_enabled yes\r\nSTAT tcp_backlog 1024\r\nSTAT binding_protocol auto-negotiate\r\nSTAT auth_enabled_sasl no\r\nSTAT auth_enabled_ascii no\r\nSTAT item_size_max 1048576\r\nSTAT maxconns_fast yes\r\nSTAT hashpower_init 0\r\nSTAT slab_reassign yes\r\nSTAT slab_automove 1\r\nSTAT slab_automove_ratio 0.80\r\nSTAT slab_automove_window 30\r\nSTAT slab_chunk_max 524288\r\nSTAT lru_crawler yes\r\nSTAT lru_crawler_sleep 100\r\nSTAT lru_crawler_tocrawl 0\r\nSTAT tail_repair_time 0\r\nSTAT flush_enabled yes\r\nSTAT dump_enabled yes\r\nSTAT hash_algorithm murmur3\r\nSTAT lru_maintainer_thread yes\r\nSTAT lru_segmented yes\r\nSTAT hot_lru_pct 20\r\nSTAT warm_lru_pct 40\r\nSTAT hot_max_factor 0.20\r\nSTAT warm_max_factor 2.00\r\nSTAT temp_lru no\r\nSTAT temporary_ttl 61\r\nSTAT idle_timeout 0\r\nSTAT watcher_logbuf_size 262144\r\nSTAT worker_logbuf_size 65536\r\nSTAT read_buf_mem_limit 0\r\nSTAT track_sizes no\r\nSTAT inline_ascii_response no\r\nSTAT ext_item_size 512\r\nSTAT ext_item_age 4294967295\r\nSTAT ext_low_ttl 0\r\nSTAT ext_recache_rate 2000\r\nSTAT ext_wbuf_size 4194304\r\nSTAT ext_compact_under 0\r\nSTAT ext_drop_under 0\r\nSTAT ext_max_sleep 1000000\r\nSTAT ext_max_frag 0.80\r\nSTAT slab_automove_freeratio 0.010\r\nSTAT ext_drop_unread no\r\nSTAT ssl_enabled no\r\nSTAT ssl_chain_cert (null)\r\nSTAT ssl_key (null)\r\nSTAT ssl_verify_mode 0\r\nSTAT ssl_keyformat 1\r\nSTAT ssl_ciphers NULL\r\nSTAT ssl_ca_cert NULL\r\nSTAT ssl_wbuf_size 16384\r\nSTAT ssl_session_cache no\r\nSTAT ssl_kernel_tls no\r\nSTAT ssl_min_version tlsv1.2\r\nSTAT num_napi_ids (null)\r\nSTAT memory_file (null)\r\nEND\r\n",
        varies: true,
      },
      { expect: "STORE", send: "set stats-1 0 0 1\r\nx\r\n", receive: "STORED\r\n" },
      {
        expect: "STATS",
        send: "stats items\r\n",
        receive:
          "STAT items:1:number 1\r\nSTAT items:1:number_hot 0\r\nSTAT items:1:number_warm 0\r\nSTAT items:1:number_cold 1\r\nSTAT items:1:age_hot 0\r\nSTAT items:1:age_warm 0\r\nSTAT items:1:age 1\r\nSTAT items:1:mem_requested 67\r\nSTAT items:1:evicted 0\r\nSTAT items:1:evicted_nonzero 0\r\nSTAT items:1:evicted_time 0\r\nSTAT items:1:outofmemory 0\r\nSTAT items:1:tailrepairs 0\r\nSTAT items:1:reclaimed 10\r\nSTAT items:1:expired_unfetched 1\r\nSTAT items:1:evicted_unfetched 0\r\nSTAT items:1:evicted_active 0\r\nSTAT items:1:crawler_reclaimed 0\r\nSTAT items:1:crawler_items_checked 0\r\nSTAT items:1:lrutail_reflocked 4\r\nSTAT items:1:moves_to_cold 10\r\nSTAT items:1:moves_to_warm 5\r\nSTAT items:1:moves_within_lru 2\r\nSTAT items:1:direct_reclaims 0\r\nSTAT items:1:hits_to_hot 9\r\nSTAT items:1:hits_to_warm 2\r\nSTAT items:1:hits_to_cold 8\r\nSTAT items:1:hits_to_temp 0\r\nEND\r\n",
        varies: true,
      },
      {
        expect: "STATS",
        send: "stats slabs\r\n",
        receive:
          "STAT 1:chunk_size 96\r\nSTAT 1:chunks_per_page 10922\r\nSTAT 1:total_pages 1\r\nSTAT 1:total_chunks 10922\r\nSTAT 1:used_chunks 1\r\nSTAT 1:free_chunks 10921\r\nSTAT 1:free_chunks_end 0\r\nSTAT 1:get_hits 19\r\nSTAT 1:cmd_set 30\r\nSTAT 1:delete_hits 2\r\nSTAT 1:incr_hits 4\r\nSTAT 1:decr_hits 3\r\nSTAT 1:cas_hits 1\r\nSTAT 1:cas_badval 2\r\nSTAT 1:touch_hits 5\r\nSTAT 7:chunk_size 384\r\nSTAT 7:chunks_per_page 2730\r\nSTAT 7:total_pages 1\r\nSTAT 7:total_chunks 2730\r\nSTAT 7:used_chunks 0\r\nSTAT 7:free_chunks 2730\r\nSTAT 7:free_chunks_end 0\r\nSTAT 7:get_hits 1\r\nSTAT 7:cmd_set 1\r\nSTAT 7:delete_hits 0\r\nSTAT 7:incr_hits 0\r\nSTAT 7:decr_hits 0\r\nSTAT 7:cas_hits 0\r\nSTAT 7:cas_badval 0\r\nSTAT 7:touch_hits 0\r\nSTAT active_slabs 2\r\nSTAT total_malloced 2097152\r\nEND\r\n",
        varies: true,
      },
      { expect: "STATS", send: "stats sizes\r\n", receive: "STAT sizes_status disabled\r\nEND\r\n" },
      {
        expect: "STATS",
        send: "stats conns\r\n",
        receive:
          "STAT 10:addr tcp:127.0.0.1:21997\r\nSTAT 10:state conn_listening\r\nSTAT 10:secs_since_last_cmd 10\r\nSTAT 11:addr tcp:127.0.0.1:48400\r\nSTAT 11:listen_addr tcp:127.0.0.1:21997\r\nSTAT 11:state conn_parse_cmd\r\nSTAT 11:secs_since_last_cmd 0\r\nEND\r\n",
        varies: true,
      },
      { expect: "STATS", send: "stats reset\r\n", receive: "RESET\r\n" },
      { expect: "STATS", send: "stats detail on\r\n", receive: "OK\r\n" },
      { expect: "VALUES", send: "get detail:x\r\n", receive: "END\r\n" },
      {
        expect: "LINES",
        send: "stats detail dump\r\n",
        receive: "PREFIX detail get 1 hit 0 set 0 del 0\r\nEND\r\n",
        varies: true,
      },
      { expect: "STATS", send: "stats detail off\r\n", receive: "OK\r\n" },
      { expect: "LINES", send: "stats cachedump 1 2\r\n", receive: "ITEM stats-1 [1 b; 0 s]\r\nEND\r\n", varies: true },
      { expect: "STATS", send: "stats nothing\r\n", receive: "ERROR\r\n" },
    ],
  },
  {
    name: "quit",
    steps: [
      { expect: "NOTHING", send: "quit\r\n", receive: "", closes: true },
    ],
  },
  {
    name: "HTTP",
    steps: [
      { expect: "ANY", send: "GET / HTTP/1.1\r\n", receive: "", closes: true },
    ],
  },
  {
    name: "administration",
    steps: [
      { expect: "ANY", send: "shutdown\r\n", receive: "ERROR: shutdown not enabled\r\n", peculiar: true },
      { expect: "ANY", send: "refresh_certs\r\n", receive: "Error TLS not enabled\r\n" },
      {
        expect: "OK",
        send: "cache_memlimit 1\r\n",
        receive: "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n",
      },
      { expect: "OK", send: "slabs reassign 1 1\r\n", receive: "SAME src and dst class are identical\r\n" },
      { expect: "OK", send: "slabs reassign 1 2\r\n", receive: "NOSPARE source class has no spare pages\r\n" },
      { expect: "OK", send: "slabs reassign 0 900\r\n", receive: "BADCLASS invalid src or dst class id\r\n" },
      { expect: "OK", send: "slabs automove 1\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "lru mode segmented\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "lru tune 10 20 0.1 2.0\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "lru temp_ttl 60\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "lru_crawler enable\r\n", receive: "ERROR failed to start lru crawler thread\r\n" },
      { expect: "OK", send: "lru_crawler sleep 100\r\n", receive: "OK\r\n" },
      { expect: "LINES", send: "lru_crawler metadump 99999\r\n", receive: "BADCLASS invalid class id\r\n" },
      { expect: "LINES", send: "lru_crawler mgdump all\r\n", receive: "ERROR\r\n", peculiar: true },
    ],
  },
  {
    name: "metadump",
    ownServer: true,
    steps: [
      {
        expect: "META|STORE",
        send: "set dump:1 0 0 1\r\nx\r\nms ZHVtcCAyJSs= 1 b T0\r\ny\r\nset dump%3+4 7 0 1\r\nz\r\n",
        receive: "STORED\r\nHD\r\nSTORED\r\n",
      },
      {
        expect: "LINES",
        send: "lru_crawler metadump all\r\n",
        receive:
          "key=dump%3A1 exp=-1 la=1795272732 cas=1 fetch=no cls=1 size=66\nkey=dump%202%25%2B exp=-1 la=1795272732 cas=2 fetch=no cls=1 size=68\nkey=dump%253%2B4 exp=-1 la=1795272732 cas=3 fetch=no cls=1 size=72\nEND\r\n",
      },
      {
        expect: "LINES",
        send: "lru_crawler metadump hash\r\n",
        receive:
          "key=dump%3A1 exp=-1 la=1795272732 cas=1 fetch=no cls=1 size=66\nkey=dump%202%25%2B exp=-1 la=1795272732 cas=2 fetch=no cls=1 size=68\nkey=dump%253%2B4 exp=-1 la=1795272732 cas=3 fetch=no cls=1 size=72\nEND\r\n",
      },
      {
        expect: "LINES",
        send: "lru_crawler metadump 1,2\r\n",
        receive:
          "key=dump%3A1 exp=-1 la=1795272732 cas=1 fetch=no cls=1 size=66\nkey=dump%202%25%2B exp=-1 la=1795272732 cas=2 fetch=no cls=1 size=68\nkey=dump%253%2B4 exp=-1 la=1795272732 cas=3 fetch=no cls=1 size=72\nEND\r\n",
      },
    ],
  },
  {
    name: "logging in",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      { expect: "VERSION", send: "version\r\n", receive: "CLIENT_ERROR unauthenticated\r\n" },
      { expect: "VALUES", send: "get a\r\n", receive: "CLIENT_ERROR unauthenticated\r\n" },
      { expect: "META", send: "mn\r\n", receive: "CLIENT_ERROR unauthenticated\r\n" },
      { expect: "STORE", send: "set auth 0 0 9\r\nada wrong\r\n", receive: "CLIENT_ERROR authentication failure\r\n" },
      {
        expect: "STORE",
        send: "set auth 0 0 3\r\nada\r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
      },
      { expect: "STORE", send: "set auth 0 0 12\r\nada lovelace\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "get auth\r\n", receive: "END\r\n" },
    ],
  },
  {
    name: "flush_all where it is disabled",
    server: ["-F"],
    steps: [
      { expect: "OK", send: "flush_all\r\n", receive: "CLIENT_ERROR flush_all not allowed\r\n" },
      { expect: "OK", send: "flush_all 0\r\n", receive: "CLIENT_ERROR flush_all not allowed\r\n" },
    ],
  },
  {
    name: "dumps where they are disabled",
    server: ["-X"],
    steps: [
      { expect: "LINES", send: "lru_crawler metadump all\r\n", receive: "ERROR metadump not allowed\r\n" },
      { expect: "LINES", send: "stats cachedump 1 1\r\n", receive: "CLIENT_ERROR stats cachedump not allowed\r\n" },
    ],
  },
];
