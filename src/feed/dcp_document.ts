import { utf8Decode } from "../bytes.ts";
import type {
  DcpDeletionEvent,
  DcpDocumentEvent,
  DcpEventBase,
  DcpExpirationEvent,
  DcpMutationEvent,
  DcpOutcomeEvent,
  DcpPrepareEvent,
  DcpSeqnoEvent,
} from "./dcp_event.ts";
import { Datatype } from "../wire/datatype.ts";
import { HEADER_SIZE, HeaderOffset } from "../wire/header.ts";
import { readLeb128 } from "../wire/leb128.ts";
import { decompress } from "../wire/snappy.ts";
import { splitXattrs, type XattrSection } from "../wire/xattr.ts";
import { type DcpContext, positionIn } from "./dcp_context.ts";
import type { VbucketPosition } from "./position.ts";

/** Offsets in the extras of what has changed; the row of each message has them too. */
const At = { SEQNO: 0, REVISION: 8, FLAGS: 16, EXPIRY: 20, LOCK_TIME: 24, NMETA: 28, DELETE_TIME: 16 } as const;
const PrepareAt = { DELETED: 29, LEVEL: 30 } as const;
const OutcomeAt = { PREPARED: 0, SEQNO: 8 } as const;

/** Extras of a deletion without its time, which have the length of further metadata in that place. */
const DELETION_EXTRAS = 18;

/**
 * A message that is read where it lies, when it is asked: three references and nothing else, so that events whose parts nobody looks
 * at cost next to nothing.
 */
abstract class Message implements DcpEventBase {
  readonly #view: DataView;
  readonly #at: number;
  protected readonly context: DcpContext;

  constructor(view: DataView, at: number, context: DcpContext) {
    this.#view = view;
    this.#at = at;
    this.context = context;
  }

  abstract get position(): VbucketPosition;

  get vbucket(): number {
    return this.context.vbucket;
  }

  get streamId(): number | undefined {
    return this.context.streamId;
  }

  get datatype(): number {
    return this.#view.getUint8(this.#at + HeaderOffset.DATATYPE);
  }

  get cas(): bigint {
    return this.#view.getBigUint64(this.#at + HeaderOffset.CAS);
  }

  protected get extrasLength(): number {
    return this.#view.getUint8(this.#at + HeaderOffset.EXTRAS_LENGTH);
  }

  /** Only the forms with framing extras have a magic without its highest bit. */
  get #isFlexible(): boolean {
    return this.#view.getUint8(this.#at) < 0x80;
  }

  get #extrasAt(): number {
    const start = this.#at + HEADER_SIZE;
    return this.#isFlexible ? start + this.#view.getUint8(this.#at + HeaderOffset.FRAMING_LENGTH) : start;
  }

  protected u8(offset: number): number {
    return this.#view.getUint8(this.#extrasAt + offset);
  }

  protected u16(offset: number): number {
    return this.#view.getUint16(this.#extrasAt + offset);
  }

  protected u32(offset: number): number {
    return this.#view.getUint32(this.#extrasAt + offset);
  }

  protected u64(offset: number): bigint {
    return this.#view.getBigUint64(this.#extrasAt + offset);
  }

  get #keyLength(): number {
    return this.#isFlexible
      ? this.#view.getUint8(this.#at + HeaderOffset.FLEX_KEY_LENGTH)
      : this.#view.getUint16(this.#at + HeaderOffset.KEY_LENGTH);
  }

  /** The key with the number of its collection. */
  protected get wholeKey(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#extrasAt + this.extrasLength, this.#keyLength);
  }

  get collection(): number {
    return this.context.collections ? readLeb128(this.wholeKey).value : 0;
  }

  get key(): Uint8Array {
    const key = this.wholeKey;
    return this.context.collections ? key.subarray(readLeb128(key).length) : key;
  }

  get keyText(): string {
    return utf8Decode(this.key);
  }

  /** The value without so many bytes behind it. */
  protected valueBefore(metaLength: number): Uint8Array {
    const at = this.#extrasAt + this.extrasLength + this.#keyLength;
    const end = this.#at + HEADER_SIZE + this.#view.getUint32(this.#at + HeaderOffset.BODY_LENGTH);
    return new Uint8Array(this.#view.buffer, at, end - at - metaLength);
  }
}

// How events show themselves in a console, which would else show nothing.
Object.defineProperty(Message.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: Message): string {
    return this.toString();
  },
});

abstract class SeqnoMessage extends Message implements DcpSeqnoEvent {
  abstract readonly type: string;

  get seqno(): bigint {
    return this.u64(At.SEQNO);
  }

  get position(): VbucketPosition {
    return positionIn(this.context, this.seqno);
  }

  override toString(): string {
    return `${this.type} of ${JSON.stringify(this.keyText)}, vbucket ${this.vbucket}, seqno ${this.seqno}`;
  }
}

abstract class DocumentMessage extends SeqnoMessage implements DcpDocumentEvent {
  #plain: { readonly body: Uint8Array; readonly xattrs: XattrSection | undefined } | undefined = undefined;

  get revision(): bigint {
    return this.u64(At.REVISION);
  }

  /** Bytes of metadata behind the value. */
  protected get metaLength(): number {
    return 0;
  }

  get rawValue(): Uint8Array {
    return this.valueBefore(this.metaLength);
  }

  get value(): Uint8Array {
    return this.#read().body;
  }

  get xattrs(): XattrSection | undefined {
    return this.#read().xattrs;
  }

  text(): string {
    return utf8Decode(this.value);
  }

  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(): any {
    return JSON.parse(utf8Decode(this.value));
  }

  #read(): { readonly body: Uint8Array; readonly xattrs: XattrSection | undefined } {
    return this.#plain ??= open(this.rawValue, this.datatype);
  }
}

/** Inflates first, then splits: the attributes are compressed with the value. */
function open(raw: Uint8Array, datatype: number): { body: Uint8Array; xattrs: XattrSection | undefined } {
  // Where values are left out, the datatype may still be that of the document.
  if (raw.length === 0) return { body: raw, xattrs: undefined };
  const plain = (datatype & Datatype.SNAPPY) === 0 ? raw : decompress(raw);
  return (datatype & Datatype.XATTR) === 0 ? { body: plain, xattrs: undefined } : splitXattrs(plain);
}

/** A document was written. */
export class MutationMessage extends DocumentMessage implements DcpMutationEvent {
  get type(): "mutation" {
    return "mutation";
  }

  get flags(): number {
    return this.u32(At.FLAGS);
  }

  get expiry(): number {
    return this.u32(At.EXPIRY);
  }

  get lockTime(): number {
    return this.u32(At.LOCK_TIME);
  }

  protected override get metaLength(): number {
    return this.u16(At.NMETA);
  }
}

abstract class DeletedMessage extends DocumentMessage {
  get deleteTime(): number | undefined {
    return this.extrasLength === DELETION_EXTRAS ? undefined : this.u32(At.DELETE_TIME);
  }

  protected override get metaLength(): number {
    return this.extrasLength === DELETION_EXTRAS ? this.u16(At.DELETE_TIME) : 0;
  }
}

/** A document was deleted. */
export class DeletionMessage extends DeletedMessage implements DcpDeletionEvent {
  get type(): "deletion" {
    return "deletion";
  }
}

/** A document has expired. */
export class ExpirationMessage extends DeletedMessage implements DcpExpirationEvent {
  get type(): "expiration" {
    return "expiration";
  }
}

/** A write waits. */
export class PrepareMessage extends DocumentMessage implements DcpPrepareEvent {
  get type(): "prepare" {
    return "prepare";
  }

  get flags(): number {
    return this.u32(At.FLAGS);
  }

  get expiry(): number {
    return this.u32(At.EXPIRY);
  }

  get deleted(): boolean {
    return this.u8(PrepareAt.DELETED) !== 0;
  }

  get level(): number {
    return this.u8(PrepareAt.LEVEL);
  }
}

abstract class OutcomeMessage extends SeqnoMessage {
  get preparedSeqno(): bigint {
    return this.u64(OutcomeAt.PREPARED);
  }

  override get seqno(): bigint {
    return this.u64(OutcomeAt.SEQNO);
  }
}

/** A write that waited was carried out. */
export class CommitMessage extends OutcomeMessage implements DcpOutcomeEvent {
  get type(): "commit" {
    return "commit";
  }
}

/** A write that waited was given up. */
export class AbortMessage extends OutcomeMessage implements DcpOutcomeEvent {
  get type(): "abort" {
    return "abort";
  }
}
