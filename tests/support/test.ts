/**
 * One way to register a test under Deno, Bun and Node: `Deno.test` under Deno, because its leak sanitizers see no other.
 */

/** Options of {@linkcode test}. */
export interface TestOptions {
  /** Registers the test without running it; the name should then say why. */
  readonly ignore?: boolean;
}

type Body = () => void | Promise<void>;
type Register = (name: string, options: { ignore: boolean }, body: Body) => void;

/** The most that a test may take under Bun, in ms, whose own limit of 5 s is too short for a soak. */
const BUN_LIMIT = 120_000;

const register: Register = await chooseRunner();

/** Registers a test. */
export function test(name: string, fn: Body, options: TestOptions = {}): void {
  register(name, { ignore: options.ignore ?? false }, fn);
}

/** The names of the modules are values so that no bundler or compiler looks for another runtime's. */
async function chooseRunner(): Promise<Register> {
  if ("Deno" in globalThis) return Deno.test;
  if ("Bun" in globalThis) {
    const name = "bun:test";
    const bun = (await import(name)).test;
    return (name, { ignore }, body) => ignore ? bun.skip(name, body) : bun(name, body, BUN_LIMIT);
  }
  const name = "node:test";
  const node = (await import(name)).test;
  return (name, { ignore }, body) => void node(name, { skip: ignore }, body);
}
