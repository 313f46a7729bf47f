import { ProtocolError } from "../../../errors.ts";
import { type Body, NOTHING, type Op } from "../../../ops/op.ts";
import {
  DEREGISTER_TAP_CLIENT,
  LAST_CLOSED_CHECKPOINT,
  TAP_CONNECT,
  type TapConnectRequest,
} from "../../../ops/tap.ts";
import { Status } from "../../../wire/status.ts";
import type { Server } from "../../server.ts";
import { StatusReply } from "../../status_reply.ts";
import type { CouchbaseBucket } from "../bucket.ts";
import type { NodeContext } from "../node_context.ts";
import { bucketOf } from "./tap_bucket.ts";
import { TapClients } from "./tap_clients.ts";
import { registerTapConsumer } from "./tap_consumer.ts";
import { TapPlan } from "./tap_plan.ts";
import { TapProducer } from "./tap_producer.ts";
import type { TapSettings } from "./tap_settings.ts";

/** The longest name of a feed, in bytes. */
const LONGEST_NAME = 250;

const REFUSED = new StatusReply(Status.NOT_SUPPORTED, { value: "Not supported", close: true });
const BAD_NAME = new StatusReply(Status.EINVAL, { value: "Invalid arguments", close: true });

/** A list that is cut short is refused as servers of the time do it. */
const request: Body<TapConnectRequest> = {
  write: (out, message) => TAP_CONNECT.request.write(out, message),
  read(frame) {
    try {
      return TAP_CONNECT.request.read(frame);
    } catch (error) {
      if (error instanceof ProtocolError) throw REFUSED;
      throw error;
    }
  },
};
const CONNECT: Op<TapConnectRequest, Record<never, never>> = { ...TAP_CONNECT, request, response: NOTHING };

/** Serves TAP: sends changes to who asks, and takes those that others send. */
export function registerTap(server: Server, context: NodeContext, settings: TapSettings): void {
  if (!settings.enabled) return;
  registerTapConsumer(server, context);
  const clients = new WeakMap<CouchbaseBucket, TapClients>();
  const clientsOf = (bucket: CouchbaseBucket): TapClients => {
    let found = clients.get(bucket);
    if (found === undefined) clients.set(bucket, found = new TapClients());
    return found;
  };
  server
    .on(CONNECT, (request, exchange) => {
      const state = context.state(exchange.session);
      if (state.feed !== undefined) {
        // What a second feed would push aside could still be asked for streams.
        exchange.silence();
        exchange.close();
        return;
      }
      if (request.name.length > LONGEST_NAME) throw BAD_NAME;
      const bucket = bucketOf(context, exchange);
      const mine = clientsOf(bucket);
      const name = new TextDecoder().decode(request.name);
      mine.leave(name);
      const now = Math.floor(bucket.clock() / 1000);
      const plan = new TapPlan(request, { bucket, settings, places: mine.places(name), now });
      const producer = new TapProducer(exchange.session, plan, { settings, ended: (one) => mine.ended(one) });
      mine.enter(producer);
      state.feed = producer;
      // The feed itself is the answer.
      exchange.silence();
      exchange.session.attach(producer);
    })
    .on(DEREGISTER_TAP_CLIENT, ({ name }, exchange) => {
      clientsOf(bucketOf(context, exchange)).forget(new TextDecoder().decode(name));
    })
    .on(LAST_CLOSED_CHECKPOINT, (_, exchange) => {
      const vbucket = bucketOf(context, exchange).findVbucket(exchange.vbucket);
      if (vbucket === undefined) throw context.notMyVbucket(exchange);
      return { checkpoint: vbucket.highSeqno / BigInt(settings.checkpointItems) };
    });
}
