import { malformed, unsupported } from "./transcode_error.ts";

const WHAT = "a pickled value";

/** What the known functions make of their arguments; none of them does anything else. */
const KNOWN: Readonly<Record<string, (values: readonly unknown[]) => unknown>> = {
  "_codecs.encode": encode,
  "builtins.bytes": (values) => values.length === 0 ? new Uint8Array(0) : undefined,
  "builtins.bytearray": bytearray,
  "builtins.set": makeSet,
  "builtins.frozenset": makeSet,
};

/** The name of something in Python, of which only a few are known. */
export class PickledName {
  /** Where it is from. */
  readonly module: string;
  /** What it is called there. */
  readonly name: string;

  /** Refuses every name that is not known. */
  constructor(module: string, name: string) {
    // What Python 2 called it, which is written up to version 2.
    this.module = module === "__builtin__" ? "builtins" : module;
    this.name = name;
    if (Object.hasOwn(KNOWN, `${this.module}.${name}`)) return;
    throw unsupported(
      WHAT,
      `it wants ${JSON.stringify(`${module}.${name}`)}, and nothing is ever called or made by name`,
    );
  }
}

/** Makes what a known function would make. */
export function callPickled({ module, name }: PickledName, values: readonly unknown[]): unknown {
  const made = KNOWN[`${module}.${name}`]!(values);
  if (made === undefined) throw malformed(WHAT, `${module}.${name} does not take what is given to it`);
  return made;
}

/** Up to version 2, bytes are text of which each character is a byte. */
function encode(values: readonly unknown[]): Uint8Array | undefined {
  const [text, encoding] = values;
  if (values.length !== 2 || typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) {
    return undefined;
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return undefined;
    bytes[i] = unit;
  }
  return bytes;
}

function bytearray(values: readonly unknown[]): Uint8Array | undefined {
  if (values.length === 0) return new Uint8Array(0);
  if (values.length === 2) return encode(values);
  return values[0] instanceof Uint8Array ? values[0].slice() : undefined;
}

function makeSet(values: readonly unknown[]): Set<unknown> | undefined {
  const [items = []] = values;
  return values.length < 2 && Array.isArray(items) ? new Set(items) : undefined;
}
