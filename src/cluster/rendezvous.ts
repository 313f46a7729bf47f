import type { RingServer, Scheme } from "./ring.ts";

/** The score of a key at the server of a place. */
export type Score = (place: number) => number;

/** What reads a key, so that it can be scored at each server. */
export interface Scores {
  /** Takes a key; `score` is about it until the next one. */
  read(bytes: Uint8Array, start: number, end: number): void;
  readonly score: Score;
}

/** Every server scores every key, and the best one has it; of two with the same score the one that ranks higher. */
export function rendezvous(servers: readonly RingServer[], scores: Scores, rank: readonly number[]): Scheme {
  const { score } = scores;
  return {
    locate(bytes, start, end) {
      scores.read(bytes, start, end);
      let best = 0;
      let bestScore = score(0);
      for (let place = 1; place < servers.length; place++) {
        const own = score(place);
        if (own < bestScore || (own === bestScore && rank[place]! < rank[best]!)) continue;
        best = place;
        bestScore = own;
      }
      return best;
    },
    others(bytes, start, end) {
      scores.read(bytes, start, end);
      const all = servers.map((_, place) => ({ place, score: score(place) }));
      all.sort((a, b) => b.score - a.score || rank[b.place]! - rank[a.place]!);
      return all.map(({ place }) => place);
    },
  };
}

/** The place of each name when they are sorted: which of two is greater. */
export function rankByName(names: readonly string[]): number[] {
  const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => sorted.indexOf(name));
}
