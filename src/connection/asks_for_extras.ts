import type { CallOptions } from "./caller.ts";

/** Whether a call asks for more than its request says. */
export function asksForExtras(options: CallOptions): boolean {
  return options.collection !== undefined || options.durability !== undefined || options.user !== undefined ||
    options.preserveExpiry === true || options.barrier === true || options.streamId !== undefined ||
    options.frameInfos !== undefined;
}
