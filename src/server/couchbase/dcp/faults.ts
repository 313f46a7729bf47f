/** What is to be done wrong by all connections of DCP to a bucket. */
export class DcpFaults {
  /** Whether nothing is sent any more, no-ops neither. */
  silent = false;
  /** Bytes that are sent beyond every window. */
  excess = 0;
  /** After how many messages one of an opcode comes that nobody knows; 0 for never. */
  strangeEvery = 0;
  /** What the next requests for streams are answered, by vbucket. */
  readonly #answers = new Map<number, StreamAnswer[]>();

  /** Has the next request for a stream of a vbucket be answered so; further ones stand behind it. */
  answerNext(vbucket: number, answer: StreamAnswer): void {
    const answers = this.#answers.get(vbucket);
    if (answers === undefined) this.#answers.set(vbucket, [answer]);
    else answers.push(answer);
  }

  /** The answer that the next request for a stream of a vbucket is to get, once. */
  takeAnswer(vbucket: number): StreamAnswer | undefined {
    return this.#answers.get(vbucket)?.shift();
  }
}

/** Rolls a consumer back to a seqno, or refuses it with a status. */
export type StreamAnswer = { readonly rollback: bigint } | { readonly status: number };
