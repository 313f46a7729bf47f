/** The shape of `src/`: imports go only downward, and some words stand in one place only. */

import { assertEquals, assertGreater } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "./support/test.ts";

/** What each folder of `src/` may import, beside itself and the files of {@linkcode ANYWHERE}. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  frame: ["wire"],
  text: ["wire"],
  ops: ["wire", "frame"],
  transport: [],
  connection: ["wire", "frame", "ops", "text", "transport"],
  link: ["wire", "frame", "ops", "transport", "connection"],
  cluster: ["wire", "frame", "ops", "text", "transport", "connection", "link"],
  client: ["wire", "frame", "ops", "text", "transport", "connection", "link", "cluster"],
  cache: ["wire", "ops", "connection", "client"],
  couchbase: ["wire", "frame", "ops", "transport", "connection", "link", "cluster", "client"],
  feed: ["wire", "frame", "ops", "transport", "connection", "link", "cluster", "client", "couchbase"],
  server: ["wire", "frame", "ops", "text", "transport"],
  testing: ["wire", "frame", "ops", "transport", "connection", "link", "cluster", "client", "couchbase", "server"],
};

/** Files directly in `src/` that every layer may import; the others there are entry points, which nothing imports. */
const ANYWHERE = ["errors.ts", "bytes.ts"];

interface SourceFile {
  /** From `src/`, as `frame/frame.ts`. */
  readonly path: string;
  /** The folder in `src/`, or the name of a file directly in it. */
  readonly layer: string;
  /** The code without its comments. */
  readonly code: string;
}

const root = new URL("../src/", import.meta.url);
const files: SourceFile[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(fileURLToPath(new URL(path, root)), "utf8");
    return { path, layer: path.split("/")[0] as string, code: withoutComments(text) };
  });

/** Comments become nothing, strings and patterns stay: a `//` in a string is no comment. */
function withoutComments(text: string): string {
  const parts = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(parts, (_, literal: string | undefined) => literal ?? "");
}

/** The module specifiers that the code imports, statically or not, for types or for values. */
function importsOf(code: string): string[] {
  const statements = /^\s*(?:import|export)\s(?:[^;"'`=]*?\sfrom\s*)?(["'])(.+?)\1|\bimport\s*\(\s*(["'])(.+?)\3/gm;
  return [...code.matchAll(statements)].map((match) => (match[2] ?? match[4]) as string);
}

/** Lines of "file: word" for all files that the test is for. */
function offenders(pattern: RegExp, allowed: (file: SourceFile) => boolean): string[] {
  return files.filter((file) => !allowed(file)).flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map((match) => `${path}: ${match[0]}`)
  );
}

test("layering: imports are seen in every form, comments and texts are not", () => {
  const code = withoutComments(`// import "./a.ts"
import "./b.ts";
import type {
  C, // from "./x.ts"
} from "./c.ts";
export * from "./d.ts";
const text = \`// not a comment: from "./y.ts"\`, e = await import("./e.ts");
/* import("./z.ts") */ export const f = "./f.ts";`);
  assertEquals(importsOf(code), ["./b.ts", "./c.ts", "./d.ts", "./e.ts"]);
  assertEquals(code.includes("// not a comment"), true);
});

test("layering: every file of src is in a layer or is an entry point", () => {
  assertGreater(files.length, 20);
  const strays = files.filter(({ path, layer }) => path !== layer && !(layer in LAYERS));
  assertEquals(strays.map(({ path }) => path), []);
});

test("layering: imports go only downward", () => {
  const wrong: string[] = [];
  for (const { path, layer, code } of files) {
    const entry = path === layer && !ANYWHERE.includes(path);
    for (const specifier of importsOf(code)) {
      if (!specifier.startsWith(".")) continue;
      const target = new URL(specifier, new URL(path, root)).href.slice(root.href.length);
      const to = target.split("/")[0] as string;
      const downward = to === layer || ANYWHERE.includes(target) || LAYERS[layer]?.includes(to);
      const inside = new URL(specifier, new URL(path, root)).href.startsWith(root.href);
      if (!inside || !(entry || downward)) wrong.push(`${path} must not import ${specifier}`);
    }
  }
  assertEquals(wrong, []);
});

test("layering: only the transports name a runtime", () => {
  const allowed = ({ layer }: SourceFile) => layer === "transport";
  assertEquals(offenders(/\bDeno\b\??\.|\bBun\b\??\.|["'](node|bun|cloudflare):/g, allowed), []);
});

test("layering: only ops holds numbers of opcodes", () => {
  const allowed = ({ layer }: SourceFile) => layer === "ops";
  assertEquals(offenders(/\bopcode\b\s*(:|={1,3}|!==?)\s*(0x[0-9a-f]+|[1-9]\d*)/g, allowed), []);
});

test("layering: the library prints nothing", () => {
  assertEquals(offenders(/\bconsole\b/g, () => false), []);
});

test("layering: every package that src imports is in deno.json", () => {
  const config = JSON.parse(readFileSync(fileURLToPath(new URL("../deno.json", import.meta.url)), "utf8"));
  const listed = Object.keys(config.imports);
  const packages = files.flatMap(({ path, code }) =>
    importsOf(code)
      .filter((specifier) => !/^(\.|node:|bun:|bun$|cloudflare:)/.test(specifier))
      .filter((specifier) => !listed.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
      .map((specifier) => `${path}: ${specifier}`)
  );
  assertEquals(packages, []);
});
