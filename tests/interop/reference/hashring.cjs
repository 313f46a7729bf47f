/* Where hashring places keys. */
const HashRing = require("hashring");

for (const weights of [[1], [3, 1, 2]]) {
  const names = Array.from({ length: 10 }, (_, i) => `10.0.${i}.1:${11211 + i}`);
  const servers = Object.fromEntries(names.map((name, i) => [name, { weight: weights[i % weights.length] }]));
  const ring = new HashRing(servers, "md5");
  const places = Array.from({ length: 60 }, (_, i) => names.indexOf(ring.get(`key:${i}`)));
  process.stdout.write(`${JSON.stringify(places)}\n`);
}
