/** What the client of memcached brings with it: none of Couchbase's rows, and not the table of all rows. */

import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "../support/test.ts";

const ROOT = new URL("../../", import.meta.url);

/** The rows that a client of memcached needs, and what all rows have in common; those of SASL come on demand. */
const ROWS_OF_CLIENTS = ["admin", "counter", "item", "op", "retrieval", "status_error", "storage"];

/** What a module loads when it runs; imports of types alone are gone by then. */
function loads(code: string): string[] {
  const statements = /^(import|export)\s(?!type\b)([^;"]*?)\s?from\s+"(\.[^"]+)"|^import\s+"(\.[^"]+)"/gm;
  return [...code.matchAll(statements)]
    .filter(([, , names = ""]) => !/^\{\s*(type\s[^,}]+,?\s*)+\}$/.test(names))
    .map((match) => (match[3] ?? match[4]) as string);
}

/** All files of the repository that a module brings with it, those that it imports later on demand left out. */
function closure(entry: string): string[] {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    const path = url.href.slice(ROOT.href.length);
    if (seen.has(path)) return;
    seen.add(path);
    for (const specifier of loads(readFileSync(fileURLToPath(url), "utf8"))) visit(new URL(specifier, url));
  };
  visit(new URL(entry, ROOT));
  return [...seen];
}

test("imports of types alone load nothing, mixed ones do", () => {
  const code = `import { a } from "./a.ts";
import type { B } from "./b.ts";
import { type C, type C2 } from "./c.ts";
import { type D, d } from "./d.ts";
export * from "./e.ts";
export type { F } from "./f.ts";
import "./g.ts";
import {
  type H,
  h,
} from "./h.ts";
import { assert } from "@std/assert";`;
  assertEquals(loads(code), ["./a.ts", "./d.ts", "./e.ts", "./g.ts", "./h.ts"]);
});

test("mod.ts brings the rows of memcached only, and no table of names", () => {
  const rows = closure("mod.ts").filter((path) => path.startsWith("src/ops/"));
  assertEquals(rows.toSorted(), ROWS_OF_CLIENTS.map((name) => `src/ops/${name}.ts`));
});

test("the closure of an entry is found: that of the codec has every file with rows", () => {
  const files = closure("src/codec.ts");
  for (const name of ["table", "names", "subdoc_multi", "range_scan", "json"]) {
    assert(files.includes(`src/ops/${name}.ts`), name);
  }
});
