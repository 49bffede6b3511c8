import { expect } from "vitest";
import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { flowRuns } from "./observe/flow-runs.ts";
import { things } from "./observe/things.ts";

const SCENARIOS = ["etl", "fanout", "nesting", "stubborn", "flaky", "failing", "returns", "task_fails", "extras"];

async function play(client: Client) {
  const [all, killed] = [await client.python("flows.py", SCENARIOS), await client.python("killed.py")];
  expect(all, all.stdout + all.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("all scenarios done"),
  });
  expect(killed.code, "a SIGKILL leaves no exit code").toBeNull();
  const runs = await flowRuns(client, {
    runs: {
      "clients-etl": 2,
      "clients-submits": 1,
      "clients-map": 1,
      "clients-parent": 1,
      "clients-child": 1,
      "clients-grandchild": 1,
      "clients-eldest": 1,
      "clients-middle": 1,
      "clients-youngest": 2,
      "clients-flaky": 1,
      "clients-failing": 1,
      "clients-returns-failed": 1,
      "clients-returns-named": 1,
      "clients-task-fails": 1,
      "clients-extras": 1,
      "clients-killed": 1,
    },
    tasks: {
      "clients-etl": 6,
      "clients-submits": 10,
      "clients-map": 100,
      "clients-parent": 1,
      "clients-child": 1,
      "clients-grandchild": 1,
      "clients-eldest": 2,
      "clients-middle": 2,
      "clients-task-fails": 1,
      "clients-extras": 1,
      "clients-killed": 2,
    },
    dying: { "clients-killed": "Running" },
    unordered: ["clients-submits", "clients-map"],
  });
  return { ...runs, ...(await things(client, "clients-", "clients_")) };
}

comparedWithPeer({
  name: "flows",
  play,
  sections: [
    "clients-etl #1",
    "clients-etl #2",
    "clients-submits #1",
    "clients-map #1",
    "clients-parent #1",
    "clients-child #1",
    "clients-grandchild #1",
    "clients-eldest #1",
    "clients-middle #1",
    "clients-youngest #1",
    "clients-youngest #2",
    "clients-flaky #1",
    "clients-failing #1",
    "clients-returns-failed #1",
    "clients-returns-named #1",
    "clients-task-fails #1",
    "clients-extras #1",
    "clients-killed #1",
    "artifacts",
    "latest artifacts",
    "variables",
  ],
});
