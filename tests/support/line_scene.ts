/** A client over a wire of lines, with a peer that says what the test tells it to. */
import { Client, Connection, type Wire } from "../../mod.ts";
import { endOfTurn, FakeTransport } from "./fake_transport.ts";

/** One connection and what goes over it. */
export class LineScene {
  readonly peer: FakeTransport = new FakeTransport();
  readonly connection: Connection;
  readonly client: Client;

  constructor(wire: Wire) {
    this.connection = new Connection(this.peer, { wire, timeout: 0 });
    this.client = new Client(this.connection);
  }

  /** What was written since it was asked last. */
  readonly sent = async (): Promise<string> => {
    await endOfTurn();
    return this.peer.writes.splice(0).map((bytes) => new TextDecoder().decode(bytes)).join("");
  };

  /** Has the peer say something. */
  readonly say = (text: string): void => this.peer.receive(new TextEncoder().encode(text));
}
