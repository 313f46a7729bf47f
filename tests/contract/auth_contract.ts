/** What a client must do with a server that asks who it is: SASL PLAIN. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AuthError, type Client, type ConnectOptions, StatusError } from "../../mod.ts";
import { connectionOf, limitedTest } from "./client_subject.ts";

/** The users that the server must know, and no others. */
export const USERS: ReadonlyMap<string, string> = new Map([["ada", "secret"], ["ünal@home", "p:ss/w@rd%ü 😀"]]);

/** A server that asks who one is. */
export interface AuthSubject {
  /** What its tests are called after. */
  readonly name: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** Connects with what comes before the `@` of the URL, encoded, or with nothing. */
  connect(user: string, options?: ConnectOptions): Promise<Client>;
}

/** Registers the tests. */
export function authContract(subject: AuthSubject): void {
  const connect = (user: string, options: ConnectOptions = {}) =>
    subject.connect(user, { timeout: 30_000, connectTimeout: 30_000, ...options });

  for (const [username, password] of USERS) {
    limitedTest(`${subject.name} auth accepts ${username} by URL and by options`, async () => {
      const encoded = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
      await using byUrl = await connect(encoded);
      await byUrl.set(`k of ${username}`, "v");
      await using byOptions = await connect("", { credentials: { username, password } });
      assertEquals(await byOptions.getText(`k of ${username}`), "v");
      await using both = await connect("nobody:nothing", { credentials: { username, password } });
      await both.noop();
    });
  }

  limitedTest(`${subject.name} auth rejects a wrong password and an unknown user with AuthError`, async () => {
    for (const user of ["ada:Secret", "ada:", "nobody:secret", "ada:secret2"]) {
      const error = await assertRejects(() => connect(user), AuthError);
      assertEquals(error.code, "AUTH");
      assertInstanceOf(error.cause, StatusError);
      assert(!error.message.includes("ecret"), "no password in a message");
    }
    await using client = await connect("ada:secret");
    await client.noop();
  });

  limitedTest(`${subject.name} auth is needed for everything but the version`, async () => {
    const calls: ((client: Client) => Promise<unknown>)[] = [
      (client) => client.get("k"),
      (client) => client.set("k", "v"),
      (client) => client.increment("k"),
      (client) => client.stats(),
      (client) => client.flush(),
    ];
    for (const call of calls) {
      await using client = await connect("");
      assert((await client.version()).length > 0);
      const error = await assertRejects(() => call(client), StatusError);
      assertEquals(error.statusName, "AUTH_ERROR");
      // The server closes after that.
      await connectionOf(client).closed;
    }
  });

  limitedTest(`${subject.name} auth sends no password unencrypted where that is not allowed`, async () => {
    const connecting = () => connect("ada:secret", { allowPlaintextAuth: false });
    if (subject.secure) {
      await using client = await connecting();
      await client.noop();
    } else {
      const error = await assertRejects(connecting, AuthError);
      assertEquals(error.sent, false);
    }
  });
}
