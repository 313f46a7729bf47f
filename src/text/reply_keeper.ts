import { Window } from "../wire/window.ts";
import type { ReplyKeeping, TextReply } from "./text_reply.ts";

/** Makes replies of a reused chunk safe to keep, cheaply. */
export class ReplyKeeper extends Window implements ReplyKeeping {
  keep(reply: TextReply): void {
    const at = this.place(reply.bytes.buffer, reply.start, reply.size);
    if (at >= 0) reply.moveTo(this.bytes, at);
    else reply.moveTo(reply.whole.slice(), 0);
  }
}
