/** NOOP, VERSION, FLUSH, STAT, QUIT. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { Exchange } from "./exchange.ts";

/** NOOP, VERSION, FLUSH, STAT, QUIT. */
export const ADMIN: readonly Exchange[] = [
  {
    name: "NOOP",
    steps: [
      {
        send: "80 0a 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000001 0000000000000000",
      },
    ],
  },
  // The opaque comes back, the CAS does not.
  {
    name: "NOOP with an opaque of all bits and a CAS",
    steps: [
      {
        send: "80 0a 0000 00 00 0000 00000000 ffffffff ffffffffffffffff",
        receive: "81 0a 0000 00 00 0000 00000000 ffffffff 0000000000000000",
      },
    ],
  },
  {
    name: "VERSION",
    steps: [
      {
        send: "80 0b 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 0b 0000 00 00 0000 00000006 00000001 0000000000000000 | 312e362e3138",
        valuesVary: true,
      },
    ],
  },
  {
    name: "FLUSH forgets at once what was set before, and nothing after",
    steps: [
      {
        send: "80 01 0005 08 00 0000 0000000e 00000001 0000000000000000 | 00000000 00000000 | 666c757368 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 000000000000008f",
        mask: [[16, 8]],
      },
      {
        send: "80 08 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 08 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
      {
        send: "80 00 0005 00 00 0000 00000005 00000003 0000000000000000 | 666c757368",
        receive: "81 00 0000 00 00 0001 00000009 00000003 0000000000000000 | 4e6f7420666f756e64",
      },
      {
        send: "80 01 0005 08 00 0000 0000000e 00000004 0000000000000000 | 00000000 00000000 | 666c757368 | 32",
        receive: "81 01 0000 00 00 0000 00000000 00000004 0000000000000091",
        mask: [[16, 8]],
      },
      {
        send: "80 00 0005 00 00 0000 00000005 00000005 0000000000000000 | 666c757368",
        receive: "81 00 0000 04 00 0000 00000005 00000005 0000000000000091 | 00000000 | 32",
        mask: [[16, 8]],
      },
    ],
  },
  {
    name: "FLUSH with a delay of 0",
    steps: [
      {
        send: "80 01 0007 08 00 0000 00000010 00000001 0000000000000000 | 00000000 00000000 | 666c7573682d30 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 0000000000000092",
        mask: [[16, 8]],
      },
      {
        send: "80 08 0000 04 00 0000 00000004 00000002 0000000000000000 | 00000000",
        receive: "81 08 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
      {
        send: "80 00 0007 00 00 0000 00000007 00000003 0000000000000000 | 666c7573682d30",
        receive: "81 00 0000 00 00 0001 00000009 00000003 0000000000000000 | 4e6f7420666f756e64",
      },
    ],
  },
  {
    name: "FLUSHQ is silent",
    steps: [
      {
        send: "80 01 0006 08 00 0000 0000000f 00000001 0000000000000000 | 00000000 00000000 | 666c75736871 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 0000000000000094",
        mask: [[16, 8]],
      },
      {
        send: "80 18 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000003 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000003 0000000000000000",
      },
      {
        send: "80 00 0006 00 00 0000 00000006 00000004 0000000000000000 | 666c75736871",
        receive: "81 00 0000 00 00 0001 00000009 00000004 0000000000000000 | 4e6f7420666f756e64",
      },
    ],
  },
  {
    name: "FLUSHQ with a delay is silent",
    steps: [
      {
        send: "80 18 0000 04 00 0000 00000004 00000001 0000000000000000 | 00000e10",
        receive: "",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
  {
    name: "FLUSH in an hour keeps everything until then",
    steps: [
      {
        send:
          "80 01 000b 08 00 0000 00000014 00000001 0000000000000000 | 00000000 00000000 | 666c7573682d6c61746572 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 0000000000000096",
        mask: [[16, 8]],
      },
      {
        send: "80 08 0000 04 00 0000 00000004 00000002 0000000000000000 | 00000e10",
        receive: "81 08 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
      {
        send: "80 00 000b 00 00 0000 0000000b 00000003 0000000000000000 | 666c7573682d6c61746572",
        receive: "81 00 0000 04 00 0000 00000005 00000003 0000000000000096 | 00000000 | 31",
        mask: [[16, 8]],
      },
      {
        send: "80 08 0000 00 00 0000 00000000 00000004 0000000000000000",
        receive: "81 08 0000 00 00 0000 00000000 00000004 0000000000000000",
      },
    ],
  },
  {
    name: "STAT of the general group",
    steps: [
      {
        send: "80 10 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
        stats: `
          pid uptime time version libevent pointer_size rusage_user rusage_system max_connections curr_connections
          total_connections rejected_connections connection_structures response_obj_oom response_obj_count
          response_obj_bytes read_buf_count read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds cmd_get
          cmd_set cmd_flush cmd_touch cmd_meta get_hits get_misses get_expired get_flushed delete_misses delete_hits
          incr_misses incr_hits decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits touch_misses
          store_too_large store_no_memory auth_cmds auth_errors bytes_read bytes_written limit_maxbytes
          accepting_conns listen_disabled_num time_in_listen_disabled_us threads conn_yields hash_power_level
          hash_bytes hash_is_expanding slab_reassign_rescues slab_reassign_chunk_rescues slab_reassign_evictions_nomem
          slab_reassign_inline_reclaim slab_reassign_busy_items slab_reassign_busy_deletes slab_reassign_running
          slabs_moved lru_crawler_running lru_crawler_starts lru_maintainer_juggles malloc_fails log_worker_dropped
          log_worker_written log_watcher_skipped log_watcher_sent log_watchers unexpected_napi_ids
          round_robin_fallback bytes curr_items total_items slab_global_page_pool expired_unfetched evicted_unfetched
          evicted_active evictions reclaimed crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold
          moves_to_warm moves_within_lru direct_reclaims lru_bumps_dropped
        `,
      },
    ],
  },
  {
    name: "STAT of settings",
    steps: [
      {
        send: "80 10 0008 00 00 0000 00000008 00000001 0000000000000000 | 73657474696e6773",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
        stats: `
          maxbytes maxconns tcpport udpport inter verbosity oldest evictions domain_socket umask shutdown_command
          growth_factor chunk_size num_threads num_threads_per_udp stat_key_prefix detail_enabled reqs_per_event
          cas_enabled tcp_backlog binding_protocol auth_enabled_sasl auth_enabled_ascii item_size_max maxconns_fast
          hashpower_init slab_reassign slab_automove slab_automove_ratio slab_automove_window slab_chunk_max
          lru_crawler lru_crawler_sleep lru_crawler_tocrawl tail_repair_time flush_enabled dump_enabled hash_algorithm
          lru_maintainer_thread lru_segmented hot_lru_pct warm_lru_pct hot_max_factor warm_max_factor temp_lru
          temporary_ttl idle_timeout watcher_logbuf_size worker_logbuf_size read_buf_mem_limit track_sizes
          inline_ascii_response ext_item_size ext_item_age ext_low_ttl ext_recache_rate ext_wbuf_size
          ext_compact_under ext_drop_under ext_max_sleep ext_max_frag slab_automove_freeratio ext_drop_unread
          ssl_enabled ssl_chain_cert ssl_key ssl_verify_mode ssl_keyformat ssl_ciphers ssl_ca_cert ssl_wbuf_size
          ssl_session_cache ssl_kernel_tls ssl_min_version num_napi_ids memory_file
        `,
      },
    ],
  },
  {
    name: "STAT of items",
    steps: [
      {
        send:
          "80 01 000a 08 00 0000 00000013 00000001 0000000000000000 | 00000000 00000000 | 737461742d6974656d73 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 0000000000000098",
        mask: [[16, 8]],
      },
      {
        send: "80 10 0005 00 00 0000 00000005 00000002 0000000000000000 | 6974656d73",
        receive: "81 10 0000 00 00 0000 00000000 00000002 0000000000000000",
        stats: "",
      },
    ],
  },
  {
    name: "STAT of slabs",
    steps: [
      {
        send:
          "80 01 000a 08 00 0000 00000013 00000001 0000000000000000 | 00000000 00000000 | 737461742d736c616273 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000001 0000000000000099",
        mask: [[16, 8]],
      },
      {
        send: "80 10 0005 00 00 0000 00000005 00000002 0000000000000000 | 736c616273",
        receive: "81 10 0000 00 00 0000 00000000 00000002 0000000000000000",
        stats: "",
      },
    ],
  },
  {
    name: "STAT of sizes",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 0005 00 00 0000 00000005 00000001 0000000000000000 | 73697a6573",
        receive: `
          81 10 000c 00 00 0000 00000014 00000001 0000000000000000 | 73697a65735f737461747573 | 64697361626c6564
          81 10 0000 00 00 0000 00000000 00000001 0000000000000000
        `,
      },
    ],
  },
  // The text protocol has such a group, this one has not.
  {
    name: "STAT of connections",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 0005 00 00 0000 00000005 00000001 0000000000000000 | 636f6e6e73",
        receive: "81 10 0000 00 00 0001 00000009 00000001 0000000000000000 | 4e6f7420666f756e64",
      },
    ],
  },
  // One frame: the terminator, as if there were no statistics.
  {
    name: "STAT of reset",
    steps: [
      {
        send: "80 10 0005 00 00 0000 00000005 00000001 0000000000000000 | 7265736574",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
      },
    ],
  },
  // One frame, and no terminator.
  {
    name: "STAT of a group that nobody knows",
    steps: [
      {
        send: "80 10 000b 00 00 0000 0000000b 00000001 0000000000000000 | 6e6f7375636867726f7570",
        receive: "81 10 0000 00 00 0001 00000009 00000001 0000000000000000 | 4e6f7420666f756e64",
      },
    ],
  },
  {
    name: "STAT of a longer name than a group has",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 0009 00 00 0000 00000009 00000001 0000000000000000 | 73657474696e677332",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
        stats: "",
      },
    ],
  },
  {
    name: "STAT of detail",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 0009 00 00 0000 00000009 00000001 0000000000000000 | 64657461696c206f6e",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
      },
      {
        send: "80 01 0005 08 00 0000 0000000e 00000002 0000000000000000 | 00000000 00000000 | 7072653a61 | 31",
        receive: "81 01 0000 00 00 0000 00000000 00000002 000000000000009a",
        mask: [[16, 8]],
      },
      {
        send: "80 00 0005 00 00 0000 00000005 00000003 0000000000000000 | 7072653a61",
        receive: "81 00 0000 04 00 0000 00000005 00000003 000000000000009a | 00000000 | 31",
        mask: [[16, 8]],
      },
      {
        send: "80 10 000b 00 00 0000 0000000b 00000004 0000000000000000 | 64657461696c2064756d70",
        receive: `
          81 10 0008 00 00 0000 00000031 00000004 0000000000000000 | 64657461696c6564 | 505245464958207072652067657420312068697420312073657420312064656c20300d0a454e440d0a
          81 10 0000 00 00 0000 00000000 00000004 0000000000000000
        `,
      },
      {
        send: "80 10 000a 00 00 0000 0000000a 00000005 0000000000000000 | 64657461696c206f6666",
        receive: "81 10 0000 00 00 0000 00000000 00000005 0000000000000000",
      },
    ],
  },
  {
    name: "STAT of detail without a word behind it",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 0006 00 00 0000 00000006 00000001 0000000000000000 | 64657461696c",
        receive: "81 10 0000 00 00 0000 00000000 00000001 0000000000000000",
      },
    ],
  },
  {
    name: "STAT of a dump of a class",
    only: "1.6.18",
    steps: [
      {
        send: "80 10 000d 00 00 0000 0000000d 00000001 0000000000000000 | 636163686564756d7020312031",
        receive: "81 10 0000 00 00 0001 00000009 00000001 0000000000000000 | 4e6f7420666f756e64",
      },
    ],
  },
  // It is answered, then the connection closes.
  {
    name: "QUIT",
    steps: [
      {
        send: "80 07 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 07 0000 00 00 0000 00000000 00000001 0000000000000000",
        closes: true,
      },
    ],
  },
  // The connection closes without a byte.
  {
    name: "QUITQ",
    steps: [
      {
        send: "80 17 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "",
        closes: true,
      },
    ],
  },
  // What comes before it is answered, what comes after it is not.
  {
    name: "QUIT behind other requests",
    steps: [
      {
        send: `
          80 01 0004 08 00 0000 0000000d 00000001 0000000000000000 | 00000000 00000000 | 71756974 | 31
          80 00 0004 00 00 0000 00000004 00000002 0000000000000000 | 71756974
          80 07 0000 00 00 0000 00000000 00000003 0000000000000000
          80 00 0004 00 00 0000 00000004 00000004 0000000000000000 | 71756974
        `,
        receive: `
          81 01 0000 00 00 0000 00000000 00000001 000000000000009b
          81 00 0000 04 00 0000 00000005 00000002 000000000000009b | 00000000 | 31
          81 07 0000 00 00 0000 00000000 00000003 0000000000000000
        `,
        mask: [[16, 8], [40, 8]],
        closes: true,
      },
    ],
  },
  {
    name: "QUITQ behind other requests",
    steps: [
      {
        send: `
          80 00 000a 00 00 0000 0000000a 00000001 0000000000000000 | 71756974712d6d697373
          80 17 0000 00 00 0000 00000000 00000002 0000000000000000
        `,
        receive: "81 00 0000 00 00 0001 00000009 00000001 0000000000000000 | 4e6f7420666f756e64",
        closes: true,
      },
    ],
  },
];
