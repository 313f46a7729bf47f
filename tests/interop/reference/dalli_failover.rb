# Where Dalli turns to when the server of a key is down, then when that one is down too, until none is left.
require "dalli"
require "dalli/ring"

Server = Struct.new(:name, :alive?)
class Server
  def weight = 1
end
names = (0...5).map { |i| "10.0.#{i}.1:#{11211 + i}" }
30.times do |i|
  servers = names.map { |name| Server.new(name, true) }
  ring = Dalli::Ring.new(servers, {})
  places = []
  begin
    loop do
      server = ring.server_for_key("key:#{i}")
      places << names.index(server.name)
      server[:alive?] = false
    end
  rescue Dalli::RingError
    # Nobody is left, or twenty tries have found nobody.
  end
  print places.join, " "
end
puts
