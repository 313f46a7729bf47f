/** The compare-and-set loop over calls that a test makes up. */
import { assertEquals, assertRejects } from "@std/assert";
import { CasMismatchError, ConnectionError, DELETE_ITEM, Item, UnsupportedError } from "../../mod.ts";
import { type UpdateCalls, type UpdateOptions, updateWith } from "../../src/client/update.ts";
import { expectedError } from "../../src/errors.ts";
import { test } from "../support/test.ts";

/** What was called, with its options. */
type Call = readonly [name: string, options: unknown];

/** Calls that find an item and hold, unless they are replaced. */
function fakeCalls(replaced: Partial<UpdateCalls> = {}): { readonly calls: UpdateCalls; readonly made: Call[] } {
  const made: Call[] = [];
  const noting = <T>(name: string, result: T) => (_: unknown, ...rest: readonly unknown[]): Promise<T> => {
    made.push([name, rest.at(-1)]);
    return Promise.resolve(result);
  };
  const calls: UpdateCalls = {
    get: noting("get", new Item(new Uint8Array(1), 5, 77n)),
    add: noting("add", { cas: 1n }),
    set: noting("set", { cas: 2n }),
    delete: noting("delete", true),
    ...replaced,
  };
  return { calls, made };
}

function mismatch(): CasMismatchError {
  const details = { op: "set", status: 2, statusName: "KEY_EEXISTS", retryable: false, opaque: 0 };
  return expectedError(CasMismatchError, "CasMismatchError", "CAS_MISMATCH", "changed", details);
}

test("update passes the options of a call to every call, and those of a write to the write", async () => {
  const { signal } = new AbortController();
  const call = { timeout: 5000, signal, vbucket: 12 };
  const options: UpdateOptions = { ...call, ttl: 60, attempts: 3 };
  const stored = fakeCalls();
  await updateWith(stored.calls, "k", () => "v", options);
  assertEquals(stored.made, [["get", call], ["set", { ...options, flags: 5, cas: 77n }]]);
  const deleted = fakeCalls();
  await updateWith(deleted.calls, "k", () => DELETE_ITEM, options);
  assertEquals(deleted.made, [["get", call], ["delete", { ...call, cas: 77n }]]);
  const added = fakeCalls({ get: () => Promise.resolve(undefined) });
  await updateWith(added.calls, "k", () => "v", { ...call, flags: 9 });
  assertEquals(added.made, [["add", { ...call, flags: 9 }]]);
});

test("update does not try again what has failed for another reason than a race", async () => {
  const failure = new ConnectionError("reset");
  for (const name of ["get", "set"] as const) {
    const { calls } = fakeCalls({ [name]: () => Promise.reject(failure) });
    let made = 0;
    const error = await assertRejects(
      () => updateWith(calls, "k", () => `${++made}`),
      ConnectionError,
    );
    assertEquals([error, made], [failure, name === "get" ? 0 : 1]);
  }
});

test("update tries as often as it is told, 16 times by default", async () => {
  for (const [attempts, expected] of [[undefined, 16], [1, 1], [5, 5]] as const) {
    let sets = 0;
    const { calls } = fakeCalls({
      set: () => {
        sets++;
        return Promise.reject(mismatch());
      },
    });
    const options = attempts === undefined ? {} : { attempts };
    await assertRejects(() => updateWith(calls, "k", () => "v", options), CasMismatchError, `${expected} attempts`);
    assertEquals(sets, expected);
  }
});

test("update writes nothing when items have no version", async () => {
  const { calls, made } = fakeCalls({ get: () => Promise.resolve(new Item(new Uint8Array(1), 0, 0n)) });
  await assertRejects(() => updateWith(calls, "k", () => "v"), UnsupportedError, "no versions");
  assertEquals(made, []);
});
