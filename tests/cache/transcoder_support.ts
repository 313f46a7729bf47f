/** What real clients have stored, and which of ours reads it. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  dalliTranscoder,
  phpTranscoder,
  pythonTranscoder,
  type Stored,
  TranscodeError,
  type Transcoder,
} from "../../src/cache.ts";
import { hex } from "../support/hex.ts";
import { PHP, PYTHON, PYTHON_ONLY, RUBY, RUBY_ONLY, type Values } from "./transcoder_values.ts";

/** One value as a real client has stored it. */
export interface Vector extends Stored {
  /** As `php:igbinary:zlib:map`: the client, how it was set up, and the name of the value. */
  readonly key: string;
  /** The value as it is here. */
  readonly expected: unknown;
  readonly transcoder: Transcoder<unknown>;
}

interface Reader {
  readonly transcoder: Transcoder<unknown>;
  readonly values: Values;
}

const python = { ...PYTHON, ...PYTHON_ONLY };

const READERS: Readonly<Record<string, Reader>> = {
  php: { transcoder: phpTranscoder(), values: { ...PHP, userFlags: "x" } },
  pylibmc: { transcoder: pythonTranscoder({ dialect: "pylibmc" }), values: python },
  "python-memcached": { transcoder: pythonTranscoder({ dialect: "python-memcached" }), values: python },
  pymemcache: { transcoder: pythonTranscoder(), values: python },
  dalli: { transcoder: dalliTranscoder(), values: { ...RUBY, ...RUBY_ONLY } },
};

/** All of them, in the order of their keys. */
export function readVectors(): Vector[] {
  const text = readFileSync(fileURLToPath(new URL("./transcoder_vectors.txt", import.meta.url)), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [key = "", flags, digits = ""] = line.split(" ");
    const { transcoder, values } = READERS[key.split(":")[0]!]!;
    const expected = expectedOf(key, values);
    return { key, flags: Number(flags), value: hex(digits), expected, transcoder };
  });
}

/** JSON of PHP has fewer integers, and so fewer values in one of them. */
function expectedOf(key: string, values: Values): unknown {
  const value = values[key.split(":").at(-1)!];
  if (!/^php:json:.*:everything$/.test(key)) return value;
  const { highest: _highest, lowest: _lowest, ...rest } = value as Values;
  return rest;
}

/** Reads something, and returns why it could not be read; `undefined` if it could. Any other error than the one of its own is thrown. */
export async function reasonOf(transcoder: Transcoder<unknown>, stored: Stored): Promise<string | undefined> {
  try {
    await transcoder.decode(stored);
  } catch (error) {
    if (error instanceof TranscodeError) return error.reason;
    throw error;
  }
}
