import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ErrorMap } from "../../src/wire/error_map.ts";
import { test } from "../support/test.ts";

// In the form of kv_engine ErrorMap.md, versions 1 and 2.
const MAP = `{
  "version": 2,
  "revision": 9,
  "errors": {
    "1": { "name": "KEY_ENOENT", "desc": "Not Found", "attrs": ["item-only"] },
    "1f": { "name": "AUTH_STALE", "desc": "Reauthenticate", "attrs": ["conn-state-invalidated", "auth"] },
    "FF00": { "name": "OURS", "desc": "", "attrs": [] }
  }
}`;

test("ErrorMap reads names, sentences and attributes by their hexadecimal status", () => {
  const map = new ErrorMap(MAP);
  assertEquals([map.version, map.revision], [2, 9]);
  assertEquals(map.get(0x01), { name: "KEY_ENOENT", description: "Not Found", attributes: ["item-only"] });
  assertEquals(map.get(0x1f)?.attributes, ["conn-state-invalidated", "auth"]);
  assertEquals(map.get(0xff00)?.name, "OURS");
  assertEquals(map.get(0x02), undefined);
});

test("ErrorMap leaves out what has another shape", () => {
  const map = new ErrorMap(JSON.stringify({
    version: "2",
    errors: {
      "1": null,
      "2": "text",
      "3": { name: 7 },
      "4": { name: "BARE" },
      "5": { name: "ODD", desc: 1, attrs: "temp" },
      "6": { name: "MIXED", desc: "d", attrs: ["temp", 1, null] },
      "0x7": { name: "PREFIXED" },
      "12345": { name: "LONG" },
      "zz": { name: "NO_NUMBER" },
    },
  }));
  assertEquals([map.version, map.revision], [0, 0]);
  for (const status of [1, 2, 3, 7, 0x1234, 0x12345]) assertEquals(map.get(status), undefined);
  assertEquals(map.get(4), { name: "BARE", description: "", attributes: [] });
  assertEquals(map.get(5), { name: "ODD", description: "", attributes: [] });
  assertEquals(map.get(6), { name: "MIXED", description: "d", attributes: ["temp"] });
});

test("ErrorMap throws a SyntaxError for what is no JSON", () => {
  for (const text of ["", "{", "no", '{"errors":{}']) assertThrows(() => new ErrorMap(text), SyntaxError);
});

test("ErrorMap takes any JSON", () => {
  const odd = fc.record({ version: fc.jsonValue(), revision: fc.jsonValue(), errors: fc.jsonValue() });
  const statuses = fc.dictionary(fc.stringMatching(/^[0-9a-f]{1,5}$/), fc.jsonValue());
  const json = fc.oneof(fc.jsonValue(), odd, statuses.map((errors) => ({ errors })));
  fc.assert(
    fc.property(json, (value) => {
      const map = new ErrorMap(JSON.stringify(value));
      assert(typeof map.version === "number" && typeof map.revision === "number");
      for (let status = 0; status < 300; status++) {
        const meaning = map.get(status);
        if (meaning === undefined) continue;
        assert(typeof meaning.name === "string" && typeof meaning.description === "string");
        assert(meaning.attributes.every((attribute) => typeof attribute === "string"));
      }
    }),
    { seed: 1, numRuns: 1000 },
  );
});
