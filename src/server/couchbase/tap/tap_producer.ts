import type { Frame } from "../../../frame/frame.ts";
import type { FrameWriter } from "../../../frame/frame_writer.ts";
import { NOOP } from "../../../ops/admin.ts";
import { Magic } from "../../../wire/header.ts";
import { Status } from "../../../wire/status.ts";
import type { Session } from "../../session.ts";
import type { SessionFeed } from "../../session_feed.ts";
import { type TapOutgoing, writeTapMessage } from "./tap_message.ts";
import type { TapPlan } from "./tap_plan.ts";
import type { TapSettings } from "./tap_settings.ts";

/** What was sent and is not acknowledged. */
interface Unacked {
  readonly opaque: number;
  readonly message: TapOutgoing;
}

/** What a {@linkcode TapProducer} tells of. */
export interface TapProducerHost {
  /** How TAP is served. */
  readonly settings: TapSettings;
  /** The connection is gone. */
  ended(producer: TapProducer): void;
}

/** One TAP connection: sends what its plan says, as far as the client acknowledges. */
export class TapProducer implements SessionFeed {
  /** What it sends. */
  readonly plan: TapPlan;
  /** The last change of each vbucket that has surely come. */
  readonly places: Map<number, bigint>;
  readonly #session: Session;
  readonly #host: TapProducerHost;
  readonly #messages: Generator<TapOutgoing | undefined, void>;
  readonly #unfollow: () => void;
  /** Looked at ahead, since the last message before a pause asks for an acknowledgement. */
  #next: TapOutgoing | undefined = undefined;
  #done = false;
  #again: TapOutgoing[] = [];
  #unacked: Unacked[] = [];
  /** How many of those are no items: no item may overtake them. */
  #controls = 0;
  #sequence = 1;
  #sinceAck = 0;
  #noopDue = false;
  #backingOff = false;
  #over = false;
  #backoff: unknown = undefined;
  #grace: unknown = undefined;
  #noop: unknown = undefined;

  /** Begins to follow what the plan is about. */
  constructor(session: Session, plan: TapPlan, host: TapProducerHost) {
    this.plan = plan;
    this.#session = session;
    this.#host = host;
    this.places = plan.starts();
    this.#messages = plan.messages();
    this.#unfollow = plan.follow(() => session.wake());
    this.#armNoop();
  }

  /** {@inheritDoc SessionFeed.write} */
  write(out: FrameWriter): boolean {
    if (this.#over) return false;
    if (this.#noopDue) {
      this.#noopDue = false;
      out.begin();
      out.finish(Magic.CLIENT_REQUEST, NOOP.opcode, 0, 0);
      return true;
    }
    if (this.#backingOff) return false;
    const message = this.#again[0] ?? this.#peek();
    if (message === undefined) return this.#rest();
    if (this.plan.acks && !this.#maySend(message)) return false;
    if (this.#again.length > 0) this.#again.shift();
    else this.#next = undefined;
    this.#send(out, message);
    return true;
  }

  /** {@inheritDoc SessionFeed.answered} */
  answered({ opaque, status }: Frame): void {
    const place = this.#unacked.findIndex((one) => one.opaque === opaque);
    if (!this.plan.acks || place < 0 || this.#over) return;
    if (status === Status.SUCCESS) {
      this.#settle(this.#unacked.splice(0, place + 1));
    } else if (status === Status.EBUSY || status === Status.ETMPFAIL) {
      this.#again = [...this.#unacked.splice(place).map(({ message }) => message), ...this.#again];
      this.#backingOff = true;
      this.#clear(this.#backoff);
      this.#backoff = this.#after(this.#host.settings.backoff, () => this.#resume());
    } else {
      void this.#session.close();
      return;
    }
    this.#controls = this.#unacked.filter(({ message }) => message.kind !== "item").length;
    this.#armGrace();
    this.#session.wake();
  }

  /** {@inheritDoc SessionFeed.ended} */
  ended(): void {
    if (this.#over) return;
    this.#over = true;
    this.#unfollow();
    for (const timer of [this.#backoff, this.#grace, this.#noop]) this.#clear(timer);
    this.#host.ended(this);
  }

  /** Closes the connection: another has taken its name. */
  replace(): void {
    void this.#session.close();
  }

  #peek(): TapOutgoing | undefined {
    if (this.#next === undefined && !this.#done) {
      const { value, done } = this.#messages.next();
      if (done === true) this.#done = true;
      else this.#next = value as TapOutgoing | undefined;
    }
    return this.#next;
  }

  /** There is nothing to send; if there never will be, the connection has done its work. */
  #rest(): false {
    if (this.#done && this.#unacked.length === 0) this.#session.finish();
    return false;
  }

  #maySend(message: TapOutgoing): boolean {
    if (this.#unacked.length >= this.#host.settings.ackWindow) return false;
    return message.kind !== "item" || this.#controls === 0;
  }

  #send(out: FrameWriter, message: TapOutgoing): void {
    const { acks, rightFlags } = this.plan;
    if (message.kind === "opaque" || message.kind === "state") this.#count();
    const opaque = this.#sequence;
    const ack = acks && this.#asksForAck(message);
    writeTapMessage(out, message, { opaque, ack, rightFlags });
    if (!acks) return this.#arrived(message);
    this.#count();
    this.#sinceAck = ack ? 0 : this.#sinceAck + 1;
    this.#unacked.push({ opaque, message });
    if (message.kind !== "item") this.#controls++;
    if (ack && this.#grace === undefined) this.#armGrace();
  }

  /** Control messages, now and then an item, and the last one before there is nothing more. */
  #asksForAck(message: TapOutgoing): boolean {
    if (message.kind !== "item" || this.#sinceAck + 1 >= this.#host.settings.ackInterval) return true;
    const { ackWindow } = this.#host.settings;
    if (this.#unacked.length + 1 >= ackWindow) return true;
    const next = this.#again[0] ?? this.#peek();
    return next?.kind !== "item";
  }

  #count(): void {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
  }

  #settle(acked: readonly Unacked[]): void {
    for (const { message } of acked) this.#arrived(message);
  }

  #arrived(message: TapOutgoing): void {
    if (message.kind === "item") this.places.set(message.vbucket, message.document.seqno);
  }

  #resume(): void {
    this.#backingOff = false;
    this.#session.wake();
  }

  /** Whoever is asked for acknowledgements and gives none for too long is gone. */
  #armGrace(): void {
    this.#clear(this.#grace);
    this.#grace = undefined;
    if (this.#unacked.length === 0 || this.#backingOff) return;
    this.#grace = this.#after(this.#host.settings.ackGrace, () => void this.#session.close());
  }

  #armNoop(): void {
    this.#noop = this.#after(this.#host.settings.noopInterval, () => {
      this.#noopDue = true;
      this.#armNoop();
      this.#session.wake();
    });
  }

  #after(ms: number, callback: () => void): unknown {
    return this.#host.settings.timers.setTimeout(callback, ms);
  }

  #clear(timer: unknown): void {
    if (timer !== undefined) this.#host.settings.timers.clearTimeout(timer);
  }
}
