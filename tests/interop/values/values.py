"""Writes values for memwire to read, or reads those that memwire has written: values.py PORT write|read"""

import json
import math
import sys

import memcache
import pylibmc
from pymemcache import serde
from pymemcache.client.base import Client

port, what = sys.argv[1:]

VALUES = {
    "text": "héllo",
    "emoji": "a😀b",
    "lines": "a\nb\\u0041'\"",
    "empty": "",
    "bytes": b"\x00\xff\xfe",
    "noBytes": b"",
    "int": 42,
    "zero": 0,
    "negative": -7,
    "large": 2**40,
    "huge": 2**70,
    "hugeNegative": -(2**70),
    "float": 1.5,
    "fraction": 0.1,
    "exponent": 1.25e30,
    "tiny": -2.5e-10,
    "infinite": math.inf,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [1, 2, "x"],
    "map": {"a": 1, "b": [True, None, 2.5], "é": ""},
    "none": [],
    "noMap": {},
    "set": {"a", 1},
    "noSet": set(),
    "numbers": [0, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**64, -(2**63), -1, -128, -129],
    "keys": {1: "one", "two": 2, (3, 4): None} if what == "write" else {1: "one", "two": 2},
    "bytesInside": [b"\x00\xff", b"", "x"],
    "large_text_inside": ["é" * 300, b"\xff" * 300],
    "deep": [[[[[["bottom"]]]]]],
    "long": "abcdefghij" * 500,
    "longList": ["abc"] * 1000,
}
if what == "write":
    shared = ["shared"]
    VALUES |= {
        "tuples": ((), (1,), (1, b"x"), (1, 2, 3), (1, 2, 3, 4)),
        "frozen": frozenset([1]),
        "array": bytearray(b"\x00\xff"),
        "noArray": bytearray(),
        "shared": [shared, shared, {"again": shared}],
    }

ADDRESS = "127.0.0.1:" + port
CLIENTS = {"pylibmc": pylibmc.Client([ADDRESS], binary=True)}
for version in range(6):
    CLIENTS["python-memcached:%d" % version] = memcache.Client([ADDRESS], pickleProtocol=version)
    CLIENTS["pymemcache:%d" % version] = Client(
        ("127.0.0.1", int(port)),
        serde=serde.PickleSerde(version),
    )

right = 0
wrong = []
for client_name, client in CLIENTS.items():
    compresses = not client_name.startswith("pymemcache")
    for name, value in VALUES.items():
        key = "%s:%s" % (client_name, name)
        if what == "write":
            done = client.set("theirs:" + key, value, **({"min_compress_len": 1000} if compresses else {}))
            found = None
        else:
            found = client.get("ours:" + key)
            # pylibmc reads its own booleans as integers.
            done = found == value and (type(found) is type(value) or client_name == "pylibmc")
        if done:
            right += 1
        else:
            wrong.append("%s: %.200r" % (key, found))
print(json.dumps({"right": right, "wrong": wrong[:20]}))
