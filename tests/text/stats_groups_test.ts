import { assertEquals } from "@std/assert";
import { Answers } from "../../src/text/answers.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import { groupStats } from "../../src/text/stats_groups.ts";
import { TextCode } from "../../src/text/text_code.ts";
import { test } from "../support/test.ts";
import { latin1 } from "../support/text_wire.ts";
import { TEXT_RECORDED } from "../vectors/text_recorded.ts";

const STEPS = TEXT_RECORDED.find(({ name }) => name === "version and statistics")!.steps;

function group(command: string): ReturnType<typeof groupStats> {
  const { receive } = STEPS.find(({ send }) => send === `${command}\r\n`)!;
  const replies = new ReplySplitter({ expected: Answers.STATS }).split(latin1(receive));
  return groupStats(replies.filter(({ code }) => code === TextCode.STAT).map(({ stat }) => stat));
}

test("groupStats parts the recorded statistics by slab class and connection", () => {
  const items = group("stats items");
  assertEquals([items.general.size, [...items.groups.keys()]], [0, [1]]);
  assertEquals([items.groups.get(1)!.get("number"), items.groups.get(1)!.get("evicted_time")], ["1", "0"]);
  const slabs = group("stats slabs");
  assertEquals([...slabs.general.keys()], ["active_slabs", "total_malloced"]);
  assertEquals([slabs.groups.get(1)!.get("chunk_size"), slabs.groups.get(1)!.get("chunks_per_page")], ["96", "10922"]);
  const conns = group("stats conns");
  assertEquals([...conns.groups.values()].map((conn) => conn.get("state")), ["conn_listening", "conn_parse_cmd"]);
  const general = group("stats");
  assertEquals([general.groups.size, general.general.get("version")], [0, "1.6.18"]);
});
