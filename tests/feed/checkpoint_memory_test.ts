import { MemoryRecord } from "../../src/dcp.ts";
import { checkpointContract } from "../contract/checkpoint_contract.ts";

checkpointContract({
  name: "memory",
  run: (body) => {
    const record = new MemoryRecord();
    return body(() => record);
  },
});
