/** A question to a memcached in its text protocol, past the client that is tested. */

import { createConnection, type NetConnectOpts } from "node:net";

/** Sends one line and resolves to the first line of the answer. */
export function askInText(address: NetConnectOpts, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = createConnection(address, () => socket.write(`${line}\r\n`));
    socket.setEncoding("latin1").on("data", (text: string) => {
      heard += text;
      const end = heard.indexOf("\r\n");
      if (end < 0) return;
      socket.destroy();
      resolve(heard.slice(0, end));
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`No answer to ${line}`)));
  });
}

/** Seconds that an item has left: −1 for ever, `undefined` when it is gone. */
export async function secondsLeft(address: NetConnectOpts, key: string): Promise<number | undefined> {
  const answer = await askInText(address, `mg ${key} t`);
  if (answer === "EN") return undefined;
  const left = /^HD t(-?\d+)$/.exec(answer)?.[1];
  if (left === undefined) throw new Error(`Cannot read the answer "${answer}"`);
  return Number(left);
}
