/** The few things that a record in a file needs, over `node:fs`, which Deno, Bun and Node all have; loaded when first wanted. */
import type fs from "node:fs/promises";
import { UnsupportedError } from "../errors.ts";

/** Operations on files, each of which a test can make fail. */
export interface Files {
  /** The names in a folder; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** What a file holds, as UTF-8; `undefined` when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Writes a file that must not be there. */
  create(path: string, text: string): Promise<void>;
  /** Has a file on the disk when it settles; nothing when it is gone. */
  sync(path: string): Promise<void>;
  /** The same for the names in a folder, where the system can. */
  syncFolder(folder: string): Promise<void>;
  /** Gives a file a second name in one step; `false` when that name is taken, or the file is gone. */
  link(path: string, name: string): Promise<boolean>;
  /** Removes a name; nothing when there is none. */
  remove(path: string): Promise<void>;
  /** Makes a folder and those that it lies in, as far as they are missing. */
  makeFolder(folder: string): Promise<void>;
}

/** What systems say that cannot open or sync a folder as if it were a file. */
const NO_FOLDER_SYNC = ["EISDIR", "EPERM", "EACCES", "EINVAL", "EBADF", "ENOTSUP"];
/** What file systems say that have one name for each file only. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Loads the files of the runtime.
 *
 * @throws {UnsupportedError} Where there are none.
 */
export async function nodeFiles(): Promise<Files> {
  const { default: node } = await import("node:fs/promises").catch(absent);
  return filesOver(node);
}

function absent(cause: unknown): never {
  const message = "Cannot use files: this runtime has no node:fs; keep the record elsewhere";
  throw new UnsupportedError(message, { cause, sent: false });
}

/** Files over an implementation of `node:fs/promises`. */
export function filesOver(node: typeof fs): Files {
  const sync = async (path: string, flags: string) => {
    const file = await node.open(path, flags);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  };
  return {
    list: (folder) => unless(["ENOENT"], node.readdir(folder), []),
    read: (path) => unless(["ENOENT"], node.readFile(path, "utf8"), undefined),
    create: (path, text) => node.writeFile(path, text, { flag: "wx" }),
    sync: (path) => unless(["ENOENT"], sync(path, "r+"), undefined),
    syncFolder: (folder) => unless(NO_FOLDER_SYNC, sync(folder, "r"), undefined),
    link: (path, name) =>
      unless(["EEXIST", "ENOENT"], node.link(path, name).then(() => true), false).catch((cause) => {
        if (!NO_LINKS.includes(cause?.code)) throw cause;
        const message = `Cannot link ${name}: this file system has no hard links; keep the record on another`;
        throw new UnsupportedError(message, { cause, sent: false });
      }),
    remove: (path) => unless(["ENOENT"], node.unlink(path), undefined),
    makeFolder: async (folder) => void await node.mkdir(folder, { recursive: true }),
  };
}

/** What a promise gives, or a stand-in when it fails with one of some codes. */
async function unless<T, U>(codes: readonly string[], promise: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes((error as { code?: string }).code ?? "")) return otherwise;
    throw error;
  }
}
