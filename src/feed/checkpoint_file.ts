/** Checkpoints in files. */
import { type Files, nodeFiles } from "../transport/files.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import type { RecordStore, StoredRecord } from "./checkpoint_record.ts";
import { RecordCheckpointStore } from "./checkpoint_store.ts";

export type { Files } from "../transport/files.ts";

/** What a record in files may be told. */
export interface FileRecordOptions {
  /** The files to use; those of the runtime by default. */
  readonly files?: Files;
}

/** So often a file may be gone between the look into the folder and the read, each time because there is a newer one. */
const LOOKS = 100;
/** So many of the newest files stay: a writer can tell by them that nobody had its number before. */
const KEPT = 4;

/**
 * A record in a file, for as many processes of one machine as like: each write is a file of its own, `<path>.<number>`, and the
 * highest number holds.
 *
 * A new text is written beside the old under a name nobody reads, brought to the disk, and only then given its number by a hard
 * link, which, unlike a rename, is refused when another process has taken the number; then the folder is brought to the disk.
 * So a kill, or a loss of power, at any point leaves the old text or the new one.
 */
export class FileRecord implements RecordStore<number> {
  readonly #folder: string;
  readonly #name: string;
  readonly #given: Files | undefined;
  #files: Promise<Files> | undefined;
  /** Whether the first write has cleared up. */
  #tidied = false;

  /** Makes a record of a path; the folder is made when it is missing. Nothing is touched before the first call. */
  constructor(path: string, { files }: FileRecordOptions = {}) {
    const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1;
    this.#folder = path.slice(0, at) || "./";
    this.#name = path.slice(at);
    if (this.#name === "") throw new TypeError(`Cannot keep a record in ${JSON.stringify(path)}: it names no file`);
    this.#given = files;
  }

  /** Reads the text with the highest number. */
  async read(): Promise<StoredRecord<number> | undefined> {
    const files = await this.#open();
    for (let look = 0; look < LOOKS; look++) {
      const newest = Math.max(0, ...numbersOf(await files.list(this.#folder), this.#name));
      if (newest === 0) return undefined;
      const text = await files.read(this.#path(newest));
      if (text !== undefined) return { text, version: newest };
    }
    throw new CheckpointError(`Cannot read ${this.#path("*")}: its files are replaced faster than they can be read`);
  }

  /** Writes the next number; `false` when another has it. */
  async write(text: string, over: number | undefined): Promise<boolean> {
    const files = await this.#open();
    const number = (over ?? 0) + 1;
    const fresh = this.#path(`${crypto.randomUUID()}.tmp`);
    await files.makeFolder(this.#folder);
    let linked: boolean;
    try {
      await files.create(fresh, text);
      await files.sync(fresh);
      linked = await files.link(fresh, this.#path(number));
    } catch (error) {
      // On a full disk, what is half written is in the way of the next attempt.
      await files.remove(fresh).catch(() => {});
      throw error;
    }
    await files.remove(fresh);
    if (!linked) return false;
    const numbers = numbersOf(await files.list(this.#folder), this.#name);
    await files.syncFolder(this.#folder);
    const newest = Math.max(...numbers);
    for (const old of numbers.filter((each) => each <= newest - KEPT)) await files.remove(this.#path(old));
    if (!this.#tidied) await this.#tidy(files);
    this.#tidied = true;
    // A number was free because nobody has had it yet, or because those who had it are long past it: then this write is late.
    return newest < number + KEPT;
  }

  /** Removes what killed writers have left half written. A writer that is just about it begins again. */
  async #tidy(files: Files): Promise<void> {
    for (const name of await files.list(this.#folder)) {
      if (name.startsWith(`${this.#name}.`) && name.endsWith(".tmp")) await files.remove(this.#folder + name);
    }
  }

  #open(): Promise<Files> {
    return this.#files ??= this.#given === undefined ? nodeFiles() : Promise.resolve(this.#given);
  }

  #path(end: string | number): string {
    return `${this.#folder}${this.#name}.${end}`;
  }
}

/** The numbers of the files of a record. */
function numbersOf(names: readonly string[], record: string): number[] {
  const ends = names.filter((name) => name.startsWith(`${record}.`)).map((name) => name.slice(record.length + 1));
  return ends.filter((end) => /^[1-9]\d{0,14}$/.test(end)).map(Number);
}

/**
 * Checkpoints in files, `<path>.<number>`; the highest number is the newest, and three before it stay. Plain JSON.
 * Needs `node:fs`, which Deno, Bun and Node have, and a file system with hard links.
 *
 * @example
 * ```ts
 * import { FileCheckpointStore } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const store = new FileCheckpointStore(`${folder}/orders.checkpoint`);
 * const { epoch, checkpoint } = await store.claim();
 * assertEquals(checkpoint, undefined); // nothing yet: begin at the beginning
 *
 * const position = { vbuuid: "7", seqno: "42", snapshotStart: "40", snapshotEnd: "50" };
 * await store.save({ version: 1, bucket: "b1", vbuckets: { 0: position } }, { epoch });
 *
 * const after = await new FileCheckpointStore(`${folder}/orders.checkpoint`).load({ bucket: "b1" });
 * assertEquals(after?.vbuckets[0], position);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class FileCheckpointStore extends RecordCheckpointStore {
  /** Makes a store of a path; nothing is touched before the first call. */
  constructor(path: string, options: FileRecordOptions = {}) {
    super(new FileRecord(path, options), { place: `the checkpoint ${path}` });
  }
}
