import type { VbucketView } from "./virtual_xattrs.ts";

/** What is said of a document beside the paths. */
export interface SubdocOptions {
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
  /** The version that the document must have; 0 or nothing for whatever version. */
  readonly cas?: bigint;
  /** Whether the peer agreed on attributes; true when missing. Without it a path into one is `NOT_SUPPORTED`. */
  readonly xattrs?: boolean;
  /** What virtual attributes and macros show of the vbucket. */
  readonly vbucket?: VbucketView;
}

/** What is said of a document that is changed. */
export interface SubdocMutateOptions extends SubdocOptions {
  /** When the document is to be gone, in seconds since 1970, 0 for never; as it was when missing. */
  readonly expiry?: number;
  /** 32 bits to keep with a document that is made; 0 when missing. */
  readonly userFlags?: number;
}
