import type { TapProducer } from "./tap_producer.ts";

/** The TAP feeds of a bucket that have a name, and the places of those that are registered and away. */
export class TapClients {
  readonly #connected = new Map<string, TapProducer>();
  readonly #places = new Map<string, ReadonlyMap<number, bigint>>();

  /** Where a registered feed was. */
  places(name: string): ReadonlyMap<number, bigint> | undefined {
    return this.#places.get(name);
  }

  /** Closes the feed that has a name, for another to take it. */
  leave(name: string): void {
    const old = this.#connected.get(name);
    this.#connected.delete(name);
    if (old === undefined) return;
    this.#remember(old);
    old.replace();
  }

  /** A feed begins. */
  enter(producer: TapProducer): void {
    if (producer.plan.name !== "") this.#connected.set(producer.plan.name, producer);
  }

  /** A feed is over. */
  ended(producer: TapProducer): void {
    const { name } = producer.plan;
    if (this.#connected.get(name) !== producer) return;
    this.#connected.delete(name);
    this.#remember(producer);
  }

  /** Forgets a feed and where it was, and closes it. */
  forget(name: string): void {
    const producer = this.#connected.get(name);
    this.#connected.delete(name);
    this.#places.delete(name);
    if (producer?.plan.registered === true) producer.replace();
  }

  #remember({ plan, places }: TapProducer): void {
    if (!plan.registered) return;
    this.#places.set(plan.name, new Map([...this.#places.get(plan.name) ?? [], ...places]));
  }
}
