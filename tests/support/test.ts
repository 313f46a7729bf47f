/**
 * One way to register a test under Deno, Bun and Node: `Deno.test` under Deno, because its leak sanitizers see no other.
 */

/** Options of {@linkcode test}. */
export interface TestOptions {
  /** Registers the test without running it; the name should then say why. */
  readonly ignore?: boolean;
}

type Body = () => void | Promise<void>;

interface Runner {
  test(name: string, options: { ignore: boolean }, body: Body): void;
  afterAll(body: Body): void;
}

/** The most that a test may take under Bun, in ms, whose own limit of 5 s is too short for a soak. */
const BUN_LIMIT = 120_000;

const runner: Runner = await chooseRunner();

/** Registers a test. */
export function test(name: string, fn: Body, options: TestOptions = {}): void {
  runner.test(name, { ignore: options.ignore ?? false }, fn);
}

/** Registers what is to be done once after all tests of the file. */
export function afterAll(fn: Body): void {
  runner.afterAll(fn);
}

/** The names of the modules are values so that no bundler or compiler looks for another runtime's. */
async function chooseRunner(): Promise<Runner> {
  if ("Deno" in globalThis) return { test: Deno.test, afterAll: Deno.test.afterAll };
  if ("Bun" in globalThis) {
    const name = "bun:test";
    const bun = await import(name);
    return {
      test: (name, { ignore }, body) => ignore ? bun.test.skip(name, body) : bun.test(name, body, BUN_LIMIT),
      afterAll: bun.afterAll,
    };
  }
  const name = "node:test";
  const node = await import(name);
  return {
    test: (name, { ignore }, body) => void node.test(name, { skip: ignore }, body),
    afterAll: node.after,
  };
}
