# Where Dalli places keys.
require "dalli"
require "dalli/ring"

Server = Struct.new(:name, :weight, :alive?)
names = (0...10).map { |i| "10.0.#{i}.1:#{11211 + i}" }
[[1], [3, 1, 2]].each do |weights|
  servers = names.each_with_index.map { |name, i| Server.new(name, weights[i % weights.size], true) }
  ring = Dalli::Ring.new(servers, {})
  p((0...60).map { |i| names.index(ring.server_for_key("key:#{i}").name) })
end
