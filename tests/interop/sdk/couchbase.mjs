/** The official SDK, from the folder that MEMWIRE_INTEROP_SDK names: what is fetched for tests is kept outside the repository. */

import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

/** As `import couchbase from "couchbase"` in a project that has it. */
export const couchbase = createRequire(join(process.env.MEMWIRE_INTEROP_SDK, "package.json"))("couchbase");
