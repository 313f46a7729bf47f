import { ByteReader } from "./byte_reader.ts";
import { MAX_DIGITS, parseDouble, parseInteger } from "./numbers.ts";
import { callPickled, PickledName } from "./pickle_call.ts";
import { latin1, unescapeString, unescapeUnicode } from "./pickle_text.ts";
import { unsupported } from "./transcode_error.ts";
import { textOrBytes, wellFormed } from "./text.ts";
import { fromPairs, type TranscoderReadOptions } from "./values.ts";
import { checkWeight } from "./weigh.ts";

const WHAT = "a pickled value";
const LINE = 0x0a;

/** The words of Python for numbers that have no digits. */
const WORDS: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/** The highest version of the format that is read. */
const VERSION = 5;

/**
 * Reads what Python has pickled, in any version from 0 to 5, as far as it is data: `None`, booleans, numbers, text, bytes, lists,
 * tuples, dictionaries and sets.
 *
 * A pickle is a program for a machine with a stack, which can call anything. This machine can call nothing: the names of the few
 * functions by which Python writes bytes and sets are known, and stand for what they make; every other name is refused when it
 * is read. `maxSize` is the most that it may come to with what it shares written out.
 */
export function unpickle(bytes: Uint8Array, options: TranscoderReadOptions & { readonly maxSize: number }): unknown {
  const value = new PickleMachine(new ByteReader(bytes, WHAT), options).run();
  checkWeight(value, options.maxSize, WHAT);
  return options.maps === "map" ? value : withObjects(value, new Map());
}

class PickleMachine {
  readonly #reader: ByteReader;
  readonly #options: TranscoderReadOptions;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  /** The stacks below the last marks. */
  readonly #below: unknown[][] = [];

  constructor(reader: ByteReader, options: TranscoderReadOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  run(): unknown {
    for (;;) {
      const code = this.#reader.uint(1);
      const char = String.fromCharCode(code);
      if (char === ".") break;
      if (this.#work(char)) continue;
      const made = code < 0x80 ? this.#classic(char) : this.#modern(code);
      this.#stack.push(made);
    }
    const value = this.#data(this.#pop());
    this.#reader.end();
    return value;
  }

  /** What changes the stack or what is on it; `false` if the code is for something else. */
  #work(char: string): boolean {
    const reader = this.#reader;
    switch (char) {
      case "(":
        this.#below.push(this.#stack);
        this.#stack = [];
        return true;
      case "0":
        // With nothing above it, the mark itself goes.
        return (this.#stack.length === 0 && this.#below.length > 0 ? this.#marked() : this.#pop()), true;
      case "1":
        return this.#marked(), true;
      case "2":
        return this.#stack.push(this.#top()), true;
      case "a":
        return this.#addAll([this.#pop()]);
      case "e":
      case "\x90":
        return this.#addAll(this.#marked());
      case "s":
        return this.#setAll([this.#pop(), this.#pop()].reverse());
      case "u":
        return this.#setAll(this.#marked());
      case "p":
        return this.#keep(this.#index());
      case "q":
        return this.#keep(reader.uint(1));
      case "r":
        return this.#keep(reader.uintLittle(4));
      case "\x94":
        return this.#keep(this.#memo.size);
      case "\x80":
        if (reader.uint(1) > VERSION) throw unsupported(WHAT, `it is of a version above ${VERSION}`);
        return true;
      case "\x95":
        // How much comes next helps whoever reads from a file, and changes nothing.
        return reader.take(8), true;
      default:
        return false;
    }
  }

  /** The codes of the first versions. */
  #classic(char: string): unknown {
    const reader = this.#reader;
    switch (char) {
      case "N":
        return null;
      case "I":
        return this.#line();
      case "L":
        return this.#digits(reader.until(LINE).replace(/L$/, ""));
      case "J":
        return reader.uintLittle(4) | 0;
      case "K":
        return reader.uint(1);
      case "M":
        return reader.uintLittle(2);
      case "F":
        return this.#float(reader.until(LINE));
      case "G":
        return reader.float64();
      case "S":
        return textOrBytes(unescapeString(latin1(reader.upTo(LINE)), reader), this.#options.strings);
      case "T":
        return textOrBytes(reader.take(reader.uintLittle(4)), this.#options.strings);
      case "U":
        return textOrBytes(reader.take(reader.uint(1)), this.#options.strings);
      case "V":
        return unescapeUnicode(latin1(reader.upTo(LINE)), reader);
      case "X":
        return wellFormed(reader.take(reader.uintLittle(4)), WHAT);
      case "B":
        return reader.take(reader.uintLittle(4)).slice();
      case "C":
        return reader.take(reader.uint(1)).slice();
      case "]":
      case ")":
        return [];
      case "}":
        return new Map();
      case "l":
      case "t":
        return this.#marked().map((item) => this.#data(item));
      case "d":
        return this.#dictionary();
      case "g":
        return this.#kept(this.#index());
      case "h":
        return this.#kept(reader.uint(1));
      case "j":
        return this.#kept(reader.uintLittle(4));
      case "c":
        return new PickledName(reader.until(LINE), reader.until(LINE));
      case "R":
        return this.#call();
      default:
        throw this.#refuse(char.charCodeAt(0));
    }
  }

  /** The codes since version 2. */
  #modern(code: number): unknown {
    const reader = this.#reader;
    switch (code) {
      case 0x85:
      case 0x86:
      case 0x87:
        return Array.from({ length: code - 0x84 }, () => this.#data(this.#pop())).reverse();
      case 0x88:
      case 0x89:
        return code === 0x88;
      case 0x8a:
        return reader.integerLittle(reader.uint(1));
      case 0x8b:
        return reader.integerLittle(reader.uintLittle(4));
      case 0x8c:
        return wellFormed(reader.take(reader.uint(1)), WHAT);
      case 0x8d:
        return wellFormed(reader.take(reader.uintLittle(8)), WHAT);
      case 0x8e:
      case 0x96:
        return reader.take(reader.uintLittle(8)).slice();
      case 0x8f:
        return new Set();
      case 0x91:
        return new Set(this.#marked().map((item) => this.#data(item)));
      case 0x93: {
        const [name, module] = [this.#pop(), this.#pop()];
        return new PickledName(String(module), String(name));
      }
      default:
        throw this.#refuse(code);
    }
  }

  #refuse(code: number): Error {
    // Persistent ids, instances, states, extensions and buffers outside: all make objects of classes.
    const known = "PQbio".includes(String.fromCharCode(code)) || (code > 0x80 && code < 0x99);
    if (known) return unsupported(WHAT, "it holds an object of a class, and only data is read");
    return this.#reader.fault(`no instruction has the number ${code}`);
  }

  #call(): unknown {
    const [values, name] = [this.#pop(), this.#pop()];
    if (!(name instanceof PickledName) || !Array.isArray(values)) throw this.#reader.fault("nothing to be called");
    return callPickled(name, values);
  }

  #addAll(items: readonly unknown[]): true {
    const target = this.#top();
    for (const item of items) {
      if (Array.isArray(target)) target.push(this.#data(item));
      else if (target instanceof Set) target.add(this.#data(item));
      else throw this.#reader.fault("nothing to add to");
    }
    return true;
  }

  #setAll(items: readonly unknown[]): true {
    const target = this.#top();
    if (!(target instanceof Map) || items.length % 2 !== 0) throw this.#reader.fault("nothing to set items of");
    for (let i = 0; i < items.length; i += 2) target.set(this.#data(items[i]), this.#data(items[i + 1]));
    return true;
  }

  #dictionary(): Map<unknown, unknown> {
    const items = this.#marked();
    this.#stack.push(new Map());
    this.#setAll(items);
    return this.#pop() as Map<unknown, unknown>;
  }

  #keep(index: number): true {
    this.#memo.set(index, this.#top());
    return true;
  }

  #kept(index: number): unknown {
    if (!this.#memo.has(index)) throw this.#reader.fault(`nothing was kept as number ${index}`);
    return this.#memo.get(index);
  }

  #index(): number {
    const index = this.#digits(this.#reader.until(LINE));
    if (typeof index !== "number") throw this.#reader.fault(`${index} is no place to keep something`);
    return index;
  }

  /** What the first version writes in a line as an integer is a boolean if a zero is before its only digit. */
  #line(): unknown {
    const text = this.#reader.until(LINE);
    return text === "00" || text === "01" ? text === "01" : this.#digits(text);
  }

  #digits(text: string): number | bigint {
    const value = text.length > MAX_DIGITS ? undefined : parseInteger(text);
    if (value === undefined) throw this.#reader.fault("no integer");
    return value;
  }

  #float(text: string): number {
    const value = Object.hasOwn(WORDS, text) ? WORDS[text] : parseDouble(text);
    if (value === undefined) throw this.#reader.fault("no number");
    return value;
  }

  #marked(): unknown[] {
    const marked = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw this.#reader.fault("no mark");
    this.#stack = below;
    return marked;
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #top(): unknown {
    if (this.#stack.length === 0) throw this.#reader.fault("nothing on the stack");
    return this.#stack.at(-1);
  }

  /** A name is no data, wherever it stands. */
  #data(value: unknown): unknown {
    if (value instanceof PickledName) {
      throw unsupported(WHAT, `it holds ${utf8Name(value)} itself, and only data is read`);
    }
    return value;
  }
}

function utf8Name({ module, name }: PickledName): string {
  return `${module}.${name}`;
}

/** Makes objects of dictionaries; they are maps until all their keys are known. What is shared stays shared. */
function withObjects(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  seen.set(value, value);
  if (Array.isArray(value)) value.forEach((item, i) => value[i] = withObjects(item, seen));
  else if (value instanceof Map) {
    const made = fromPairs([...value].map(([key, item]) => [key, withObjects(item, seen)]));
    seen.set(value, made);
    return made;
  }
  return value;
}
