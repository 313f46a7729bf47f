"""Where pymemcache places keys."""

from pymemcache.client.rendezvous import RendezvousHash

names = [f"10.0.{i}.1:{11211 + i}" for i in range(10)]
ring = RendezvousHash(names)
print([names.index(ring.get_node(f"key:{i}")) for i in range(60)])
print([names.index(ring.get_node(key)) for key in ["café", "日本語", "😀" * 5]])
