/** What can go wrong with a DCP feed, beyond what goes wrong with any call. */

import { MemcachedError, type MemcachedErrorOptions } from "../errors.ts";

/** A stream could not be had, or the server did not keep to the protocol. */
export class DcpError extends MemcachedError {
  /** The name of the class. */
  override readonly name: string = "DcpError";
  /** What kind of failure this is. */
  override readonly code: "DCP" | "DCP_ROLLBACK" = "DCP";
  /** The vbucket that it happened to; missing when it happened to all. */
  readonly vbucket?: number;

  /** Makes an error about a vbucket. */
  constructor(message: string, options: MemcachedErrorOptions & { readonly vbucket?: number } = {}) {
    super(message, options);
    if (options.vbucket !== undefined) this.vbucket = options.vbucket;
  }
}

/** The history that the consumer has is not that of the server, and the feed was told to fail then. */
export class DcpRollbackError extends DcpError {
  /** The name of the class. */
  override readonly name = "DcpRollbackError";
  /** What kind of failure this is. */
  override readonly code = "DCP_ROLLBACK";
  /** The last seqno that the consumer had. */
  readonly from: bigint;
  /** The last seqno that may still hold. */
  readonly to: bigint;

  /** Makes an error about a vbucket. */
  constructor(vbucket: number, from: bigint, to: bigint) {
    super(
      `Cannot go on with vbucket ${vbucket} behind seqno ${from}: its history was rolled back to ${to}; drop what came behind that and ` +
        'begin there, or use onRollback: "emit"',
      { vbucket },
    );
    this.from = from;
    this.to = to;
  }
}
