# Writes values for memwire to read, or reads those that memwire has written: values.rb PORT write|read
require "dalli"
require "json"

port, what = ARGV

values = {
  "text" => "héllo",
  "emoji" => "a😀b",
  "empty" => "",
  "bytes" => "\x00\xff\xfe".b,
  "int" => 42,
  "zero" => 0,
  "negative" => -7,
  "numbers" => [0, 1, 122, 123, 255, 256, 65_535, 65_536, 2**24, 2**30 - 1, 2**30, 2**31, 2**40, 2**62, 2**64,
                -1, -122, -123, -124, -256, -257, -65_536, -65_537, -2**24, -2**24 - 1, -2**30, -2**30 - 1, -2**62, -2**70],
  "huge" => 2**70,
  "float" => 1.5,
  "fraction" => 0.1,
  "exponent" => 1.25e30,
  "tiny" => -2.5e-10,
  "infinite" => Float::INFINITY,
  "yes" => true,
  "no" => false,
  "nothing" => nil,
  "list" => [1, 2, "x"],
  "map" => { "a" => 1, "b" => [true, nil, 2.5], "é" => "" },
  "none" => [],
  "noMap" => {},
  "keys" => { 1 => "one", "two" => 2 },
  "deep" => [[[[[["bottom"]]]]]],
  "long" => "abcdefghij" * 500,
  "longList" => ["abc"] * 1000,
}
if what == "write"
  shared = ["shared", 2.5]
  values["symbols"] = { a: :b, "é": [:a, :b] }
  values["shared"] = [shared, "x", shared, { "again" => shared }]
  values["ascii"] = "plain".force_encoding("US-ASCII")
end

client = Dalli::Client.new("127.0.0.1:#{port}", compress: true)
right = 0
wrong = []
values.each do |name, value|
  if what == "write"
    done = client.set("theirs:dalli:#{name}", value)
  else
    found = client.get("ours:dalli:#{name}")
    done = found.eql?(value) && (!found.is_a?(String) || found.encoding == value.encoding)
  end
  if done then right += 1 else wrong << "dalli:#{name}: #{found.inspect[0, 200]}" end
end
if what == "write"
  right += 1 if client.set("theirs:dalli:raw", "raw é", 0, raw: true)
  right += 1 if client.set("theirs:dalli:rawNumber", 12, 0, raw: true)
end
puts JSON.generate({ "right" => right, "wrong" => wrong.first(20) })
