/** Who is in a group and who has which vbucket: one table that all members share, and what a member makes of it. No I/O, no clock. */
import { GroupError } from "./group_error.ts";

/** The table of a group. */
export interface GroupTable {
  /** The version of the form. */
  readonly version: 1;
  /** The name of the group. */
  readonly name: string;
  /** The members and a number that each raises to show that it lives. */
  readonly members: { readonly [member: string]: number };
  /** The owner of each vbucket; `null` for none. */
  readonly owners: readonly (string | null)[];
  /** How often each vbucket was taken, in a number that only rises. */
  readonly epochs: readonly number[];
  /** Tells that the table before it was forgotten not long ago, and which time: who owned what by that one may hold it still. */
  readonly forgotten?: number | undefined;
}

/** What a member knows and wants when it looks at the table. */
export interface MemberView {
  /** Its id. */
  readonly id: string;
  /** A number that it has not shown yet. */
  readonly beat: number;
  /** The members whose leases have run out. */
  readonly dead: ReadonlySet<string>;
  /** The vbuckets that it has, those it is about to give back among them. */
  readonly held: ReadonlySet<number>;
  /** Those of them that it is done with. */
  readonly drained: ReadonlySet<number>;
  /** Those of them that it was told to give back, the ones it is done with among them. */
  readonly draining: ReadonlySet<number>;
  /** Whether the members have been the same for long enough to share anew. */
  readonly stable: boolean;
  /** Whether it wants out. */
  readonly leaving: boolean;
  /** What no epoch may be below, so that they rise even when the table was lost: the time. */
  readonly leastEpoch: number;
  /** What others are to know of a table that was forgotten. */
  readonly forgotten: number | undefined;
}

/** What a member does about the table. */
export interface TablePlan {
  /** The table as it is to be. */
  readonly table: GroupTable;
  /** The vbuckets that are the member's once the table is written, and their epochs. */
  readonly taken: ReadonlyMap<number, number>;
  /** The vbuckets that it has too many of. */
  readonly surplus: readonly number[];
  /** The vbuckets that it thought it had. */
  readonly gone: readonly number[];
}

/** The most vbuckets that there can be. */
const MOST_VBUCKETS = 0x10000;

/** A table without members. */
export function emptyTable(name: string, vbuckets: number): GroupTable {
  if (!Number.isInteger(vbuckets) || vbuckets < 1 || vbuckets > MOST_VBUCKETS) {
    throw new RangeError(`Cannot share ${vbuckets} vbuckets: 1 to ${MOST_VBUCKETS} are possible`);
  }
  return {
    version: 1,
    name,
    members: {},
    owners: new Array<null>(vbuckets).fill(null),
    epochs: new Array<number>(vbuckets).fill(0),
  };
}

/** Writes a table as text. Owners are the places of their names, which are long. */
export function formatTable({ version, name, members, owners, epochs, forgotten }: GroupTable): string {
  const places = new Map(Object.keys(members).map((member, place) => [member, place]));
  const owned = owners.map((owner) => owner === null ? -1 : places.get(owner) ?? -1);
  return JSON.stringify({ version, name, members: Object.entries(members), owners: owned, epochs, forgotten });
}

/**
 * Reads a table.
 *
 * @throws {GroupError} If it is none, or one of another group.
 */
export function parseTable(text: string | undefined, empty: GroupTable): GroupTable {
  if (text === undefined) return empty;
  const { version, name, members, owners, epochs, forgotten } = parseJson(text, empty.name);
  const fault = tableFault({ version, name, members, owners, epochs }, empty);
  if (fault !== undefined) throw new GroupError(`Cannot join the group ${JSON.stringify(empty.name)}: ${fault}`);
  const names = (members as [string, number][]).map(([member]) => member);
  return {
    version: 1,
    name: empty.name,
    members: Object.fromEntries(members as [string, number][]),
    owners: (owners as number[]).map((place) => names[place] ?? null),
    epochs: epochs as number[],
    ...(typeof forgotten === "number" ? { forgotten } : {}),
  };
}

function parseJson(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (cause) {
    const message = `Cannot join the group ${
      JSON.stringify(name)
    }: its record holds something else; give the group one of its own`;
    throw new GroupError(message, { cause, sent: false });
  }
}

function tableFault(table: Record<string, unknown>, empty: GroupTable): string | undefined {
  const { version, name, members, owners, epochs } = table;
  const known = version === 1 && Array.isArray(members) && Array.isArray(owners) && Array.isArray(epochs) &&
    owners.length === epochs.length && members.every((member) => Array.isArray(member) && member.length === 2) &&
    epochs.every((epoch) => Number.isSafeInteger(epoch));
  if (!known) return "its record holds something else; give the group one of its own";
  if (name !== empty.name) return `its record is of the group ${JSON.stringify(name)}; give each group one of its own`;
  if (owners.length === empty.owners.length) return undefined;
  return `it shares ${owners.length} vbuckets and not ${empty.owners.length}; all members must name the same number`;
}

/** What a member makes of the table: it shows that it lives, clears up after the dead, gives back, and takes its share. */
export function planTable(table: GroupTable, view: MemberView): TablePlan {
  const { id, beat, dead, held, drained, draining, stable, leaving, leastEpoch, forgotten } = view;
  const members: Record<string, number> = {};
  for (const [member, shown] of Object.entries(table.members)) {
    if (member !== id && !dead.has(member)) members[member] = shown;
  }
  if (!leaving) members[id] = beat;
  // A vbucket that is ours by the table but not by what we know was taken by a write that seemed to fail: nobody works on it.
  const owners = table.owners.map((owner, vbucket) => {
    if (owner === id) return held.has(vbucket) && !drained.has(vbucket) && !leaving ? id : null;
    return owner !== null && owner in members ? owner : null;
  });
  const gone = [...held].filter((vbucket) => table.owners[vbucket] !== id && !drained.has(vbucket));
  const epochs = [...table.epochs];
  const taken = new Map<number, number>();
  const plan = { table: { ...table, members, owners, epochs, forgotten }, taken, gone };
  if (leaving || !stable) return { ...plan, surplus: [] };
  const share = sharesOf(Object.keys(members), owners).get(id) ?? 0;
  const mine = owners.flatMap((owner, vbucket) => owner === id ? [vbucket] : []);
  for (let vbucket = 0; vbucket < owners.length && mine.length + taken.size < share; vbucket++) {
    // One that we are about to give back is not free before we have said so to ourselves too.
    if (owners[vbucket] !== null || held.has(vbucket)) continue;
    owners[vbucket] = id;
    epochs[vbucket] = Math.max(epochs[vbucket]! + 1, leastEpoch);
    taken.set(vbucket, epochs[vbucket]!);
  }
  const kept = mine.filter((vbucket) => !draining.has(vbucket));
  return { ...plan, surplus: kept.slice(Math.min(share, kept.length)) };
}

/** How many vbuckets each member should have: equally many, those that have more already get what does not divide. */
export function sharesOf(members: readonly string[], owners: readonly (string | null)[]): Map<string, number> {
  const counts = new Map(members.map((member) => [member, 0]));
  for (const owner of owners) {
    if (owner !== null && counts.has(owner)) counts.set(owner, counts.get(owner)! + 1);
  }
  const ordered = [...members].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  const each = Math.floor(owners.length / Math.max(1, members.length));
  const rest = owners.length - each * members.length;
  return new Map(ordered.map((member, place) => [member, place < rest ? each + 1 : each]));
}
