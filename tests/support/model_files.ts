/** Files in memory that know what is on the disk and what is not yet, and that die when told to. */
import type { Files } from "../../src/dcp.ts";
import type { Random } from "./random.ts";

interface Inode {
  text: string;
  /** What of it is on the disk. */
  synced: string;
}

/** How the operation goes that a process dies in: not made at all, half made where it has halves, or made. */
export type Death = "before" | "during" | "after";

/** A disk of one folder, which every process sees alike until the power goes. */
export class ModelDisk {
  #names = new Map<string, Inode>();
  #synced = new Map<string, Inode>();

  /** The files as a process has them that lives for so many operations. */
  process(operations: number = Infinity, death: Death = "before"): ModelProcess {
    return new ModelProcess(this.#files(), operations, death);
  }

  /** The names there are. */
  get names(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Writes a file as it is, as another program would. */
  put(name: string, text: string): void {
    this.#names.set(name, { text, synced: text });
    this.#synced = new Map(this.#names);
  }

  /** The power goes: of what was not brought to the disk, any part may be there. */
  powerLoss(random: Random): void {
    for (const name of new Set([...this.#names.keys(), ...this.#synced.keys()])) {
      const inode = (random.int(2) === 0 ? this.#names : this.#synced).get(name);
      if (inode === undefined) this.#names.delete(name);
      else this.#names.set(name, inode);
    }
    for (const inode of this.#names.values()) {
      if (inode.text !== inode.synced) inode.text = inode.text.slice(0, random.int(inode.text.length + 1));
      inode.synced = inode.text;
    }
    this.#synced = new Map(this.#names);
  }

  #files(): Files & { halfCreate(path: string, text: string): void } {
    const names = () => this.#names;
    const soon = <T>(run: () => T): Promise<T> => Promise.resolve().then(run);
    const create = (path: string, text: string) => {
      if (names().has(path)) throw new Error(`${path} exists`);
      names().set(path, { text, synced: "" });
    };
    const sync = (path: string) => {
      const inode = names().get(path);
      if (inode !== undefined) inode.synced = inode.text;
    };
    const link = (path: string, name: string) => {
      const inode = names().get(path);
      if (inode === undefined || names().has(name)) return false;
      names().set(name, inode);
      return true;
    };
    return {
      list: (folder) => soon(() => [...names().keys()].map((path) => path.slice(folder.length))),
      read: (path) => soon(() => names().get(path)?.text),
      create: (path, text) => soon(() => create(path, text)),
      sync: (path) => soon(() => sync(path)),
      syncFolder: () => soon(() => void (this.#synced = new Map(names()))),
      link: (path, name) => soon(() => link(path, name)),
      remove: (path) => soon(() => void names().delete(path)),
      makeFolder: () => Promise.resolve(),
      halfCreate: (path, text) => create(path, text.slice(0, text.length / 2)),
    };
  }
}

/** What the operations of a dead process reject with. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** The files of one process. */
export class ModelProcess implements Files {
  readonly #files: Files & { halfCreate(path: string, text: string): void };
  readonly #death: Death;
  #left: number;
  /** How many operations were begun. */
  operations = 0;

  constructor(files: Files & { halfCreate(path: string, text: string): void }, left: number, death: Death) {
    this.#files = files;
    this.#left = left;
    this.#death = death;
  }

  list = (folder: string): Promise<readonly string[]> => this.#step(() => this.#files.list(folder));
  read = (path: string): Promise<string | undefined> => this.#step(() => this.#files.read(path));
  sync = (path: string): Promise<void> => this.#step(() => this.#files.sync(path));
  syncFolder = (folder: string): Promise<void> => this.#step(() => this.#files.syncFolder(folder));
  link = (path: string, name: string): Promise<boolean> => this.#step(() => this.#files.link(path, name));
  remove = (path: string): Promise<void> => this.#step(() => this.#files.remove(path));
  makeFolder = (folder: string): Promise<void> => this.#step(() => this.#files.makeFolder(folder));
  create = (path: string, text: string): Promise<void> =>
    this.#step(() => this.#files.create(path, text), () => this.#files.halfCreate(path, text));

  async #step<T>(run: () => Promise<T>, half?: () => void): Promise<T> {
    if (this.#left < 0) throw new Killed();
    this.operations++;
    if (this.#left-- > 0) return await run();
    if (this.#death === "after") await run();
    if (this.#death === "during") half?.();
    throw new Killed();
  }
}
