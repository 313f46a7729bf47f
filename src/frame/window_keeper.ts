import { Window } from "../wire/window.ts";
import type { Frame, FrameKeeper } from "./frame.ts";

/** Makes frames of a reused chunk safe to keep, cheaply. */
export class WindowKeeper extends Window implements FrameKeeper {
  keep(frame: Frame): void {
    const at = this.place(frame.buffer, frame.start, frame.size);
    if (at >= 0) frame.moveTo(this.view, at);
    else frame.moveTo(new DataView(frame.bytes.slice().buffer), 0);
  }
}
