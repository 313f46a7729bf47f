<?php
// Writes values for memwire to read, or reads those that memwire has written: values.php PORT write|read
[, $port, $what] = $argv;

$numbers = [];
for ($i = 0; $i < 20000; $i++) $numbers[] = ($i * $i * 7919) % 10007;

$values = [
    "text" => "héllo",
    "emoji" => "a😀b",
    "empty" => "",
    "bytes" => "\x00\xff\xfe",
    "int" => 42,
    "zero" => 0,
    "negative" => -7,
    "float" => 1.5,
    "fraction" => 0.1,
    "exponent" => 1.25e+30,
    "tiny" => -2.5e-10,
    "infinite" => INF,
    "yes" => true,
    "no" => false,
    "nothing" => null,
    "list" => [1, 2, "x"],
    "map" => ["a" => 1, "b" => [true, null, 2.5], "é" => ""],
    "none" => [],
    "deep" => [[[[[["bottom"]]]]]],
    "large" => 2 ** 40,
    "highest" => PHP_INT_MAX,
    "lowest" => PHP_INT_MIN,
    "sparse" => [5 => "x", "k" => "y", -3 => "z"],
    "numbers" => [0, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -256, -65536, -4294967297],
    "same" => array_fill(0, 300, ["name" => "same"]),
    "long" => str_repeat("abcdefghij", 500),
    "repeated" => str_repeat("abcdefghij", 7000),
    "longest" => implode(" ", $numbers),
];
$inside = $values + ["floats" => [1.5, 0.1, -2.5e-10, 1.25e+30]];
unset($inside["infinite"], $inside["bytes"], $inside["longest"], $inside["repeated"], $inside["same"], $inside["long"]);
$values["everything"] = $inside;
$values["bytesInside"] = ["b" => "\x00\xff", "i" => [INF, -INF]];

$serializers = [
    "php" => Memcached::SERIALIZER_PHP,
    "json" => Memcached::SERIALIZER_JSON_ARRAY,
    "igbinary" => Memcached::SERIALIZER_IGBINARY,
    "msgpack" => Memcached::SERIALIZER_MSGPACK,
];
$compressions = ["fastlz" => Memcached::COMPRESSION_FASTLZ, "zlib" => Memcached::COMPRESSION_ZLIB];

$right = 0;
$wrong = [];
foreach ($serializers as $serializer => $number) {
    foreach ($compressions as $compression => $type) {
        $client = new Memcached();
        $client->addServer("127.0.0.1", (int) $port);
        $client->setOption(Memcached::OPT_BINARY_PROTOCOL, true);
        $client->setOption(Memcached::OPT_SERIALIZER, $number);
        $client->setOption(Memcached::OPT_COMPRESSION_TYPE, $type);
        foreach ($values as $name => $value) {
            $key = "php:$serializer:$compression:$name";
            // What JSON cannot say.
            if ($serializer === "json" && $name === "bytesInside") continue;
            if ($serializer === "json" && $name === "everything") unset($value["highest"], $value["lowest"]);
            if ($what === "write") {
                $done = $client->set("theirs:$key", $value);
            } else {
                $found = $client->get("ours:$key");
                if ($client->getResultCode() === Memcached::RES_NOTFOUND) continue;
                $done = $client->getResultCode() === Memcached::RES_SUCCESS && $found === $value;
            }
            if ($done) $right++;
            else $wrong[] = "$key: " . $client->getResultMessage() . " " . substr(var_export($found ?? null, true), 0, 200);
        }
    }
}
if ($what === "write") $client->setOption(Memcached::OPT_USER_FLAGS, 5) && $client->set("theirs:php:userFlags", "x") && $right++;
echo json_encode(["right" => $right, "wrong" => array_slice($wrong, 0, 20)]), "\n";
