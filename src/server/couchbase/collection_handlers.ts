import {
  COLLECTIONS_GET_ID,
  COLLECTIONS_GET_MANIFEST,
  COLLECTIONS_GET_SCOPE_ID,
  COLLECTIONS_SET_MANIFEST,
} from "../../ops/collections.ts";
import { Status } from "../../wire/status.ts";
import type { Server } from "../server.ts";
import { StatusReply } from "../status_reply.ts";
import { CollectionsManifest } from "./manifest.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid } from "./refusals.ts";

const CANNOT_APPLY = new StatusReply(Status.CANNOT_APPLY_MANIFEST, {
  context: "The manifest is older than the one that is there",
});

/** Answers what is about scopes and collections. */
export function registerCollections(server: Server, context: NodeContext): void {
  server
    .on(COLLECTIONS_SET_MANIFEST, ({ json }, exchange) => {
      const bucket = context.bucket(exchange);
      const manifest = parse(json);
      if (manifest.uid < bucket.manifest.uid) throw CANNOT_APPLY;
      bucket.setManifest(manifest);
    })
    .on(COLLECTIONS_GET_MANIFEST, (_, exchange) => {
      if (exchange.vbucket !== 0) throw invalid("The vbucket is not 0");
      return { json: context.bucket(exchange).manifest.toJson() };
    })
    .on(COLLECTIONS_GET_ID, ({ path }, exchange) => {
      const { manifest } = context.bucket(exchange);
      if (path.split(".").length !== 2) throw invalid("The path is not scope.collection");
      return { manifest: manifest.uid, id: manifest.collection(path).id };
    })
    .on(COLLECTIONS_GET_SCOPE_ID, ({ path }, exchange) => {
      const { manifest } = context.bucket(exchange);
      return { manifest: manifest.uid, id: manifest.scope(path).id };
    });
}

function parse(json: string): CollectionsManifest {
  try {
    return CollectionsManifest.parse(json);
  } catch (error) {
    throw invalid(error instanceof TypeError ? error.message : "The manifest is no JSON");
  }
}
