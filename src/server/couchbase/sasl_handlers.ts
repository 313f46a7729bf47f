import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP } from "../../ops/auth.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import type { SaslAnswer, SaslExchange } from "../sasl_answer.ts";
import { SaslMechanisms } from "../sasl_mechanisms.ts";
import type { Server } from "../server.ts";
import { AUTH_FAILED } from "../status_reply.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid } from "./refusals.ts";

/** Answers SASL from the users of a node. */
export function registerNodeSasl(server: Server, context: NodeContext): void {
  const { users = {}, mechanisms } = context.options;
  const lookup = (name: string) => Object.hasOwn(users, name) ? users[name] : undefined;
  const sasl = new SaslMechanisms(lookup, mechanisms === undefined ? {} : { mechanisms });

  function conclude(exchange: Exchange<{ data: Uint8Array }>, step: SaslExchange, answer: SaslAnswer) {
    const state = context.state(exchange.session);
    switch (answer.status) {
      case Status.AUTH_CONTINUE:
        state.sasl = step;
        break;
      case Status.SUCCESS: {
        exchange.session.user = answer.username;
        const { bucket } = state;
        if (bucket !== undefined && !context.mayUse(bucket, answer.username)) state.bucket = undefined;
        break;
      }
      case Status.AUTH_ERROR:
        throw AUTH_FAILED;
      default:
        throw invalid("The message of the mechanism is malformed");
    }
    exchange.status = answer.status;
    return { data: answer.data };
  }

  server
    .on(SASL_LIST_MECHS, () => ({ mechanisms: sasl.names.join(" ") }))
    .on(SASL_AUTH, async ({ mechanism, data }, exchange) => {
      context.checkNoFeed(exchange.session);
      const state = context.state(exchange.session);
      if (state.sasl !== undefined) {
        state.sasl = undefined;
        throw invalid("Another exchange waits for its next step");
      }
      exchange.session.user = undefined;
      const step = sasl.begin(mechanism);
      if (step === undefined) throw AUTH_FAILED;
      return conclude(exchange, step, await step.start(data));
    })
    .on(SASL_STEP, async ({ mechanism, data }, exchange) => {
      context.checkNoFeed(exchange.session);
      const state = context.state(exchange.session);
      const step = state.sasl;
      state.sasl = undefined;
      if (step === undefined || step.name !== mechanism.toUpperCase()) throw invalid("No exchange waits for a step");
      return conclude(exchange, step, await step.step(data));
    });
}
