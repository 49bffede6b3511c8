import { expect, test } from "vitest";
import { plainLines, scrubWith } from "./scrub.ts";

test.each([
  ["an id", "run 01a20df6-bd7b-7f77-b530-3388472891a9 ended", "run <id> ended"],
  [
    "an address with ids in it",
    "View at http://127.0.0.1:4200/runs/flow-run/01a20df6-bd7b-7f77-b530-3388472891a9",
    "View at <url>",
  ],
  [
    "times of every notation",
    "2026-11-24T14:29:47.934102Z 2026-11-24 14:30:03+00:00 14:30:03.907",
    "<time> <time> <time>",
  ],
  [
    "how long ago",
    "begun 13 minutes ago, ends an hour from now, seen a few seconds ago",
    "begun <ago>, ends <ago>, seen <ago>",
  ],
  ["a client's home", "/tmp/weir-clients-Ab12Cd/cloud-x1Y2z3/project/pipelines.py", "<home>/project/pipelines.py"],
  ["a made-up name", "Flow run 'indigo-mammoth' - hello", "Flow run '<slug>' - hello"],
])("takes out %s", (_, before, after) => {
  expect(scrubWith([["indigo-mammoth", "<slug>"]])(before)).toBe(after);
});

test("leaves a table's cells, whatever its columns' width", () => {
  const table = "┏━━━━━━┳━━━━━┓\n┃ Name ┃ Type ┃\n┡━━━━━━╇━━━━━┩\n│ pool    │ process │\n└──────┴─────┘\n";
  expect(plainLines(table, scrubWith())).toEqual(["Name Type", "pool process"]);
});
