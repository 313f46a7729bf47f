import assert from "node:assert/strict";
import { disconnect } from "./control.mjs";
import { couchbase } from "./couchbase.mjs";

/** Of a connect that is to fail, in ms. */
const SHORT = { connectTimeout: 2000, bootstrapTimeout: 2000, kvTimeout: 2000 };

/** Connects anew for as long as the work takes. */
async function connected({ address }, options, work) {
  const cluster = await couchbase.connect(address, options);
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

function logsInBy(mechanism) {
  return async (context) => {
    const authenticator = new couchbase.PasswordAuthenticator("ada", "pencil");
    authenticator.allowed_sasl_mechanisms = [mechanism];
    await connected(context, { authenticator }, async (cluster) => {
      const collection = cluster.bucket("default").defaultCollection();
      await collection.upsert(context.key, mechanism);
      assert.equal((await collection.get(context.key)).content, mechanism);
    });
  };
}

export default {
  "logs in by SCRAM-SHA512": logsInBy("SCRAM-SHA512"),
  "logs in by SCRAM-SHA256": logsInBy("SCRAM-SHA256"),
  "logs in by SCRAM-SHA1": logsInBy("SCRAM-SHA1"),
  "logs in by PLAIN": logsInBy("PLAIN"),

  "a name and a password that have to be escaped": async (context) => {
    await connected(context, { username: "a=b,c", password: "påss=,wörd" }, async (cluster) => {
      await cluster.bucket("default").defaultCollection().upsert(context.key, 1);
    });
  },

  "a wrong password is AuthenticationFailureError": async ({ address }) => {
    const connecting = couchbase.connect(address, { username: "ada", password: "wrong", timeouts: SHORT });
    await assert.rejects(connecting, couchbase.AuthenticationFailureError);
  },

  "a user that there is not is AuthenticationFailureError": async ({ address }) => {
    const connecting = couchbase.connect(address, { username: "eve", password: "pencil", timeouts: SHORT });
    await assert.rejects(connecting, couchbase.AuthenticationFailureError);
  },

  "calls to a bucket that is missing, or not for the user, are given up": async (context) => {
    await connected(context, { username: "ada", password: "pencil", timeouts: SHORT }, async (cluster) => {
      await Promise.all(["missing", "private"].map((name) => {
        // The SDK keeps for itself why a bucket cannot be opened, so that this is all there is to see.
        const call = cluster.bucket(name).defaultCollection().get(context.key, { timeout: 1000 });
        return assert.rejects(call, couchbase.UnambiguousTimeoutError);
      }));
    });
  },

  "several buckets by one cluster": async ({ cluster, key }) => {
    const [one, other] = ["default", "replicated"].map((name) => cluster.bucket(name).defaultCollection());
    await one.upsert(key, 1);
    await other.upsert(key, 2);
    assert.equal((await one.get(key)).content, 1);
    assert.equal((await other.get(key)).content, 2);
  },

  "the cluster and the bucket say that they are ready": async ({ cluster, bucket }) => {
    const serviceTypes = [couchbase.ServiceType.KeyValue];
    await cluster.waitUntilReady(10_000, { serviceTypes });
    await bucket.waitUntilReady(10_000, { serviceTypes });
  },

  "ping and diagnostics name the node": async ({ cluster, bucket, address }) => {
    const [host] = (await bucket.ping({ serviceTypes: [couchbase.ServiceType.KeyValue] })).services.kv;
    assert.equal(host.remote, address.replace("couchbase://", ""));
    assert.equal(host.state, 0, JSON.stringify(host));
    const diagnosed = await cluster.diagnostics();
    assert(diagnosed.services.kv.length >= 1);
  },

  "connects again when the node has hung up": async ({ bucket, collection, key }) => {
    await collection.upsert(key, 1);
    await disconnect(bucket);
    assert.equal((await collection.get(key, { timeout: 10_000 })).content, 1);
    await collection.upsert(key, 2, { timeout: 10_000 });
  },
};
