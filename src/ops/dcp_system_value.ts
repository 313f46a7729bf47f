/**
 * What the values of system events say, in all their versions.
 */

import { utf8Decode, utf8Encode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { type FlatField, FlatTable, writeFlatTable } from "../wire/flatbuffers.ts";
import { type DcpSystemEventMessage, SystemEventId } from "./dcp_system.ts";

/** A collection was made, flushed, or changed. */
export interface CollectionDefined {
  /** What happened. A collection that is flushed is made again. */
  readonly kind: "collection-created" | "collection-modified";
  /** The manifest that says so. */
  readonly manifest: bigint;
  /** Number of the scope. */
  readonly scope: number;
  /** Number of the collection. */
  readonly collection: number;
  /** Name of the collection. */
  readonly name: string;
  /** How long its documents live unless they say otherwise, in seconds; missing where the collection does not say. */
  readonly maxTtl?: number;
  /** Whether all changes are kept, not only the last one of each key; version 2 only. */
  readonly history?: boolean;
  /** The manifest that flushed it last; version 2 only. */
  readonly flushManifest?: bigint;
}

/** A collection was dropped, with all its documents: their deletions are not told. */
export interface CollectionDropped {
  /** What happened. */
  readonly kind: "collection-dropped";
  /** The manifest that says so. */
  readonly manifest: bigint;
  /** Number of the scope. */
  readonly scope: number;
  /** Number of the collection. */
  readonly collection: number;
  /** Whether it was one of the system's own; version 2 only. */
  readonly system?: boolean;
}

/** A scope was made. */
export interface ScopeCreated {
  /** What happened. */
  readonly kind: "scope-created";
  /** The manifest that says so. */
  readonly manifest: bigint;
  /** Number of the scope. */
  readonly scope: number;
  /** Name of the scope. */
  readonly name: string;
}

/** A scope was dropped. */
export interface ScopeDropped {
  /** What happened. */
  readonly kind: "scope-dropped";
  /** The manifest that says so. */
  readonly manifest: bigint;
  /** Number of the scope. */
  readonly scope: number;
  /** Whether it was one of the system's own; version 2 only. */
  readonly system?: boolean;
}

/** An event, or a version of one, that this package does not know. */
export interface UnknownSystemEvent {
  /** What happened is not known. */
  readonly kind: "unknown";
}

/** What happened to a collection or a scope. */
export type SystemEvent = CollectionDefined | CollectionDropped | ScopeCreated | ScopeDropped | UnknownSystemEvent;

/** The parts of a {@linkcode DCP_SYSTEM_EVENT} that say what happened. */
export type SystemEventParts = Pick<DcpSystemEventMessage, "event" | "version" | "name" | "value">;

/** Places of fields in the tables of version 2. */
const Slot = {
  MANIFEST: 0,
  SCOPE: 1,
  COLLECTION: 2,
  HAS_TTL: 3,
  MAX_TTL: 4,
  NAME: 5,
  HISTORY: 6,
  FLUSH_MANIFEST: 9,
  SCOPE_NAME: 2,
  SYSTEM_COLLECTION: 3,
  SYSTEM_SCOPE: 2,
} as const;

const NEWEST_VERSION = 2;
const FLATBUFFERS = 2;
const WITH_TTL = 1;

/**
 * Reads what happened to a collection or a scope. An event or a version that is not known is `{ kind: "unknown" }`.
 *
 * @throws {ProtocolError} If the value is not what its event and version say.
 *
 * @example
 * ```ts
 * import { readSystemEvent, writeSystemEvent } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const event = { kind: "scope-created", manifest: 1n, scope: 8, name: "S1" } as const;
 * assertEquals(readSystemEvent(writeSystemEvent(event)), event);
 * assertEquals(readSystemEvent(writeSystemEvent(event, 2)), event);
 * ```
 */
export function readSystemEvent(parts: SystemEventParts): SystemEvent {
  if (parts.version > NEWEST_VERSION) return { kind: "unknown" };
  const flat = parts.version === FLATBUFFERS;
  switch (parts.event) {
    case SystemEventId.BEGIN_COLLECTION:
      return flat ? readCollection(parts, "collection-created") : readCollectionStruct(parts);
    case SystemEventId.MODIFY_COLLECTION:
      return flat ? readCollection(parts, "collection-modified") : { kind: "unknown" };
    case SystemEventId.END_COLLECTION:
      return flat ? readDroppedCollection(parts) : { kind: "collection-dropped", ...readIds(parts, 16) };
    case SystemEventId.CREATE_SCOPE:
      return flat ? readScope(parts) : { kind: "scope-created", ...readScopeIds(parts), name: utf8Decode(parts.name) };
    case SystemEventId.DROP_SCOPE:
      return flat ? readDroppedScope(parts) : { kind: "scope-dropped", ...readScopeIds(parts) };
    default:
      return { kind: "unknown" };
  }
}

function readCollectionStruct(parts: SystemEventParts): SystemEvent {
  const timed = parts.version === WITH_TTL;
  const ids = readIds(parts, timed ? 20 : 16);
  const named = { kind: "collection-created", ...ids, name: utf8Decode(parts.name) } as const;
  return timed ? { ...named, maxTtl: viewOf(parts.value).getUint32(16) } : named;
}

function readIds(parts: SystemEventParts, size: number): Pick<CollectionDropped, "manifest" | "scope" | "collection"> {
  expectSize(parts, size);
  const view = viewOf(parts.value);
  return { manifest: view.getBigUint64(0), scope: view.getUint32(8), collection: view.getUint32(12) };
}

function readScopeIds(parts: SystemEventParts): Pick<ScopeDropped, "manifest" | "scope"> {
  expectSize(parts, 12);
  const view = viewOf(parts.value);
  return { manifest: view.getBigUint64(0), scope: view.getUint32(8) };
}

function expectSize({ event, version, value }: SystemEventParts, size: number): void {
  if (value.length === size) return;
  throw new ProtocolError(
    `Cannot read system event ${event} of version ${version}: its value has ${value.length} bytes, expected ${size}`,
    { bytes: value.slice(0, 24) },
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readCollection({ value }: SystemEventParts, kind: CollectionDefined["kind"]): SystemEvent {
  const table = new FlatTable(value);
  const flushManifest = table.u64(Slot.FLUSH_MANIFEST);
  return {
    kind,
    manifest: table.u64(Slot.MANIFEST),
    scope: table.u32(Slot.SCOPE),
    collection: table.u32(Slot.COLLECTION),
    name: table.text(Slot.NAME),
    ...(table.bool(Slot.HAS_TTL) ? { maxTtl: table.u32(Slot.MAX_TTL) } : {}),
    history: table.bool(Slot.HISTORY),
    ...(flushManifest === 0n ? {} : { flushManifest }),
  };
}

function readDroppedCollection({ value }: SystemEventParts): SystemEvent {
  const table = new FlatTable(value);
  return {
    kind: "collection-dropped",
    manifest: table.u64(Slot.MANIFEST),
    scope: table.u32(Slot.SCOPE),
    collection: table.u32(Slot.COLLECTION),
    system: table.bool(Slot.SYSTEM_COLLECTION),
  };
}

function readScope({ value }: SystemEventParts): SystemEvent {
  const table = new FlatTable(value);
  const ids = { manifest: table.u64(Slot.MANIFEST), scope: table.u32(Slot.SCOPE) };
  return { kind: "scope-created", ...ids, name: table.text(Slot.SCOPE_NAME) };
}

function readDroppedScope({ value }: SystemEventParts): SystemEvent {
  const table = new FlatTable(value);
  const ids = { manifest: table.u64(Slot.MANIFEST), scope: table.u32(Slot.SCOPE) };
  return { kind: "scope-dropped", ...ids, system: table.bool(Slot.SYSTEM_SCOPE) };
}

/**
 * Writes what happened to a collection or a scope: in version 0, or 1 where there is a `maxTtl`; or in version 2, as FlatBuffers.
 *
 * @throws {TypeError} If the event is unknown, or a change of a collection is not to be written in version 2.
 */
export function writeSystemEvent(event: SystemEvent, version?: 2): SystemEventParts {
  if (event.kind === "unknown") throw new TypeError("Cannot write a system event that is not known");
  const id = eventId(event.kind);
  const name = "name" in event ? utf8Encode(event.name) : new Uint8Array(0);
  if (version === FLATBUFFERS) return { event: id, version, name, value: writeFlatTable(flatFields(event)) };
  if (event.kind === "collection-modified") {
    throw new TypeError("Cannot write the change of a collection but in version 2");
  }
  return { event: id, ...writeStruct(event), name };
}

function eventId(kind: Exclude<SystemEvent["kind"], "unknown">): number {
  switch (kind) {
    case "collection-created":
      return SystemEventId.BEGIN_COLLECTION;
    case "collection-modified":
      return SystemEventId.MODIFY_COLLECTION;
    case "collection-dropped":
      return SystemEventId.END_COLLECTION;
    case "scope-created":
      return SystemEventId.CREATE_SCOPE;
    case "scope-dropped":
      return SystemEventId.DROP_SCOPE;
  }
}

type KnownEvent = Exclude<SystemEvent, UnknownSystemEvent>;

function writeStruct(event: KnownEvent): Pick<SystemEventParts, "version" | "value"> {
  const maxTtl = "maxTtl" in event ? event.maxTtl : undefined;
  const size = 12 + ("collection" in event ? 4 : 0) + (maxTtl === undefined ? 0 : 4);
  const value = new Uint8Array(size);
  const view = viewOf(value);
  view.setBigUint64(0, event.manifest);
  view.setUint32(8, event.scope);
  if ("collection" in event) view.setUint32(12, event.collection);
  if (maxTtl !== undefined) view.setUint32(16, maxTtl);
  return { version: maxTtl === undefined ? 0 : WITH_TTL, value };
}

function flatFields(event: KnownEvent): FlatField[] {
  const fields: FlatField[] = [
    { slot: Slot.MANIFEST, type: "u64", value: event.manifest },
    { slot: Slot.SCOPE, type: "u32", value: event.scope },
  ];
  if ("collection" in event) fields.push({ slot: Slot.COLLECTION, type: "u32", value: event.collection });
  switch (event.kind) {
    case "scope-created":
      return [...fields, { slot: Slot.SCOPE_NAME, type: "text", value: event.name }];
    case "scope-dropped":
      return [...fields, { slot: Slot.SYSTEM_SCOPE, type: "bool", value: event.system ?? false }];
    case "collection-dropped":
      return [...fields, { slot: Slot.SYSTEM_COLLECTION, type: "bool", value: event.system ?? false }];
    default:
      return [...fields, ...definedFields(event)];
  }
}

function definedFields({ name, maxTtl, history, flushManifest }: CollectionDefined): FlatField[] {
  return [
    { slot: Slot.NAME, type: "text", value: name },
    { slot: Slot.HISTORY, type: "bool", value: history ?? false },
    ...(flushManifest === undefined ? [] : [{ slot: Slot.FLUSH_MANIFEST, type: "u64", value: flushManifest } as const]),
    ...(maxTtl === undefined ? [] : [
      { slot: Slot.HAS_TTL, type: "bool", value: true } as const,
      { slot: Slot.MAX_TTL, type: "u32", value: maxTtl } as const,
    ]),
  ];
}
