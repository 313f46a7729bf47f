import { Status } from "../wire/status.ts";

/** What a server answers in one step. */
export interface SaslAnswer {
  /** `SUCCESS`, `AUTH_CONTINUE`, `AUTH_ERROR`, or `EINVAL` for what is malformed or out of turn. See {@linkcode Status}. */
  readonly status: number;
  /** The value of the answer: a challenge, or what goes with success. */
  readonly data: Uint8Array;
  /** With success: who it is. */
  readonly username?: string;
}

/** One exchange, as the server sees it. */
export interface SaslExchange {
  /** Name of the mechanism. */
  readonly name: string;
  /** Takes the data of SASL_AUTH. */
  start(data: Uint8Array): Promise<SaslAnswer>;
  /** Takes the data of a SASL_STEP; after an answer that is no challenge the exchange is over. */
  step(data: Uint8Array): Promise<SaslAnswer>;
}

/** A message that does not follow the mechanism, or comes out of turn. */
export const MALFORMED_STEP: SaslAnswer = { status: Status.EINVAL, data: new Uint8Array(0) };

/** What was shown is wrong. */
export const REFUSED: SaslAnswer = { status: Status.AUTH_ERROR, data: new Uint8Array(0) };
