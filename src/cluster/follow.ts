import type { ServerEntry } from "./server_spec.ts";
import type { Router } from "./router.ts";

/** Which servers there are, at some time. */
export interface ServerList {
  /** All of them. */
  readonly servers: Iterable<ServerEntry>;
  /** Why there is no newer list, if something went wrong; the status of the router tells it. */
  readonly error?: unknown;
}

/** Lists of servers as they change, each replacing the one before. */
export type ServerLists = AsyncIterable<ServerList>;

/** How long closing waits for what gives the lists, in milliseconds. */
const PATIENCE = 1000;

/** Keeps the servers of a router as lists of servers say that they are. */
export class Follower {
  readonly #lists: AsyncIterator<ServerList>;
  #stopped = false;

  /** Makes one, which asks for nothing yet. */
  constructor(lists: ServerLists) {
    this.#lists = lists[Symbol.asyncIterator]();
  }

  /** The first list; nothing if there is none. */
  async first(): Promise<ServerList | undefined> {
    const { done, value } = await this.#lists.next();
    return done === true ? undefined : value;
  }

  /** Goes by the lists to come, until stopped. What fails is told by the status of the router, and the last servers stay in use. */
  async follow(router: Router): Promise<void> {
    let error: unknown;
    try {
      for (;;) {
        const { done, value } = await this.#lists.next();
        if (done === true || this.#stopped) break;
        this.#use(value, router);
      }
    } catch (reason) {
      error = reason;
    }
    if (!this.#stopped) router.tell({ type: "discovery", error });
  }

  /** Asks for no more lists, and waits a moment for what gave them to come to its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE));
    try {
      // One that waits for something else ends when that comes, however long it takes; nobody here may hang for that.
      await Promise.race([this.#lists.return?.(), enough]);
    } catch {
      // Nobody wants to know any more.
    } finally {
      clearTimeout(timer);
    }
  }

  /** A list that cannot be used is as good as none. */
  #use({ servers, error }: ServerList, router: Router): void {
    if (error !== undefined) router.tell({ type: "discovery", error });
    try {
      router.shards.update(servers);
    } catch (error) {
      router.tell({ type: "discovery", error });
    }
  }
}
