import { ConnectionError } from "../errors.ts";
import { Answers } from "../text/answers.ts";
import { ReplySplitter } from "../text/reply_splitter.ts";
import type { TextOp } from "../text/text_op.ts";
import type { TextReply } from "../text/text_reply.ts";
import { TextWriter } from "../text/text_writer.ts";
import type { Transport } from "../transport/transport.ts";

/** Asks questions of the text protocol one at a time, over a connection of its own. */
export class TextAsker {
  readonly #transport: Transport;
  readonly #splitter = new ReplySplitter({ expected: Answers.NOTHING });
  readonly #replies: TextReply[] = [];
  #settle: { resolve: (replies: TextReply[]) => void; reject: (error: unknown) => void } | undefined;
  #ended: { readonly error: unknown } | undefined;

  /** Takes charge of a connection. */
  constructor(transport: Transport) {
    this.#transport = transport;
    transport.start({
      data: (chunk) => this.#splitter.push(chunk, (reply) => this.#take(reply)),
      end: (error) =>
        this.#end(error ?? new ConnectionError(`${transport.peer} closed the connection`, { sent: true })),
    });
  }

  /** Sends a command and resolves to all lines of its reply. */
  ask<Request>(op: TextOp<Request>, request: Request): Promise<TextReply[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended.error);
      this.#settle = { resolve, reject };
      this.#splitter.expected = op.answers;
      const out = new TextWriter();
      op.write(out, request);
      this.#write(out.take()).catch((error) => this.#end(error));
    });
  }

  /** Closes the connection. */
  close(): void {
    this.#transport.close();
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#transport.write(part);
  }

  #take(reply: TextReply): void {
    this.#replies.push(reply.clone());
    if (!reply.last) return;
    this.#splitter.expected = Answers.NOTHING;
    this.#settle?.resolve(this.#replies.splice(0));
    this.#settle = undefined;
  }

  #end(error: unknown): void {
    this.#ended ??= { error };
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}
