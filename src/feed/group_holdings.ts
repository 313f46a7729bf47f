/** What a member has, and until when. */

/** One vbucket of a member. */
export interface Holding {
  /** Its epoch. */
  readonly epoch: number;
  /** Settles when the member has been told. */
  ready: Promise<void>;
  /** Whether it is the member's, is being given back, or is done with but not given back yet. */
  state: "held" | "draining" | "drained";
}

/** What a member has. */
export class Holdings {
  /** The vbuckets. */
  readonly all: Map<number, Holding> = new Map();
  /** Until when the lease holds, by the member's own clock. */
  until: number = -Infinity;

  /** Whether a vbucket may be worked on. */
  holds(vbucket: number, now: number): boolean {
    const holding = this.all.get(vbucket);
    return holding !== undefined && holding.state !== "drained" && now < this.until;
  }

  /** The vbuckets in one of some states. */
  in(...states: readonly Holding["state"][]): number[] {
    return [...this.all].filter(([, { state }]) => states.includes(state)).map(([vbucket]) => vbucket);
  }

  /** Takes vbuckets away, those that were done with without a word; returns the others. */
  remove(vbuckets: Iterable<number>): number[] {
    const working: number[] = [];
    for (const vbucket of [...vbuckets]) {
      const holding = this.all.get(vbucket);
      if (holding !== undefined && holding.state !== "drained") working.push(vbucket);
      this.all.delete(vbucket);
    }
    return working;
  }
}

/** Who is alive, as far as a member can tell without any clock but its own. */
export class Witness {
  readonly #leaseMs: number;
  readonly #seen = new Map<string, { readonly beat: number; readonly at: number }>();
  #members = "";
  #changedAt = -Infinity;
  #forgotten: number | undefined;
  #forgottenAt = -Infinity;

  /** Makes a witness that has seen nobody. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /**
   * Looks at the members of a table, and says who has not been heard of for a whole lease. A beat is first seen after it was
   * written, and the lease of its member began before: so it has ended by that member's clock when it has by this one.
   */
  look(members: { readonly [member: string]: number }, now: number): Set<string> {
    const dead = new Set<string>();
    for (const [member, beat] of Object.entries(members)) {
      const seen = this.#seen.get(member);
      if (seen?.beat !== beat) this.#seen.set(member, { beat, at: now });
      else if (now - seen.at >= this.#leaseMs) dead.add(member);
    }
    for (const member of this.#seen.keys()) {
      if (!(member in members)) this.#seen.delete(member);
    }
    return dead;
  }

  /** For how long the members have been these. */
  sameFor(members: readonly string[], now: number): number {
    const names = JSON.stringify([...members].sort());
    if (names !== this.#members) {
      this.#members = names;
      this.#changedAt = now;
    }
    return now - this.#changedAt;
  }

  /**
   * Tells whether nothing may be taken yet, because the store has forgotten a table: whoever owned something by that one holds it
   * until the end of a lease, and nobody knows any more who that was. Returns what to tell others of it, until the lease is over.
   */
  forgotten(told: number | undefined, now: number): number | undefined {
    if (told !== undefined && told !== this.#forgotten) {
      this.#forgotten = told;
      this.#forgottenAt = now;
    }
    return now < this.#forgottenAt + this.#leaseMs ? this.#forgotten : undefined;
  }
}
