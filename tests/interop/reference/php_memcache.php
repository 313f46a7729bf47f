<?php
// Where PHP's memcache places keys: php -d memcache.hash_strategy=standard -d memcache.allow_failover=0
foreach ([[1, 1, 1, 1, 1], [1, 2, 1, 3, 1]] as $weights) {
    $pool = new MemcachePool();
    foreach ($weights as $i => $weight) $pool->addServer("127.0.0.1", 21000 + $i, 0, true, $weight);
    $places = [];
    for ($k = 0; $k < 60; $k++) {
        $pool->set("key:$k", "x", 0, 0);
        foreach ($weights as $i => $weight) {
            $one = new MemcachePool();
            $one->addServer("127.0.0.1", 21000 + $i);
            if ($one->get("key:$k") === false) continue;
            $places[] = $i;
            $one->delete("key:$k");
        }
    }
    echo json_encode($places), "\n";
}
