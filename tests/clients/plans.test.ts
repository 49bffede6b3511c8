import { describe, expect, test } from "vitest";
import { comparedWithPeer } from "./compare/group.ts";
import { type Client, readyClient } from "./harness/client.ts";
import { weirModes, weirPlace } from "./harness/places.ts";
import { ownProject } from "./harness/project.ts";
import { list, object, parse, text } from "./harness/rest.ts";
import { scrubFor } from "./observe/flow-runs.ts";
import { plainLines } from "./observe/scrub.ts";

const POOL = "clients-pool";
const MANUAL = "clients-report/manual";

/** Schedules of a deployment from the command line, and parameters that do not fit the flow. No worker is needed. */
async function play(client: Client) {
  const cwd = ownProject(client);
  const printed: Record<string, string> = {};
  const say = async (name: string, args: string[]) => {
    const { code, stdout, stderr } = await client.prefect(args, { cwd });
    if ((code === 0) === name.includes("wrong")) throw new Error(`${name}: exit ${code}\n${stdout}${stderr}`);
    printed[name] = `exit ${code}\n${stdout}${stderr}`;
  };
  const ours = async () => {
    const { id } = object(await client.rest.get(`/deployments/name/${MANUAL}`));
    return list(await client.rest.get(`/deployments/${text(id)}/schedules`));
  };
  await client.ok(["work-pool", "create", POOL, "--type", "process"]);
  await client.ok(["--no-prompt", "deploy", "--name", "manual"], { cwd });

  await say("schedule create, interval", ["deployment", "schedule", "create", MANUAL, "--interval", "3600"]);
  const id = text((await ours())[0]?.id);
  await say("schedule pause", ["deployment", "schedule", "pause", MANUAL, id]);
  const paused = (await ours()).map(({ active }) => active ?? null);
  await say("schedule resume", ["deployment", "schedule", "resume", MANUAL, id]);
  const resumed = (await ours()).map(({ active }) => active ?? null);
  const cron = ["--cron", "0 9 * * *", "--timezone", "Europe/Berlin", "--replace", "--accept-yes"];
  await say("schedule create, cron instead", ["deployment", "schedule", "create", MANUAL, ...cron]);
  const replaced = (await ours()).map(({ schedule }) => schedule ?? null);
  await say("schedule create, wrong cron", ["deployment", "schedule", "create", MANUAL, "--cron", "every day"]);
  await say("schedule clear", ["deployment", "schedule", "clear", MANUAL, "--accept-yes"]);
  await say("deployment run, wrong parameter", ["deployment", "run", MANUAL, "--param", 'factor="much"']);
  await say("deployment run, right parameter", [
    "deployment",
    "run",
    MANUAL,
    "--param",
    "factor=2",
    "--start-in",
    "1h",
  ]);

  const scrub = await scrubFor(client, ["clients-report"]);
  return {
    ...Object.fromEntries(Object.entries(printed).map(([name, said]) => [name, plainLines(said, scrub)])),
    "the schedules meanwhile": { paused, resumed, replaced },
  };
}

comparedWithPeer({
  name: "plans",
  play,
  sections: [
    "schedule create, interval",
    "schedule pause",
    "schedule resume",
    "schedule create, cron instead",
    "schedule create, wrong cron",
    "schedule clear",
    "deployment run, wrong parameter",
    "deployment run, right parameter",
    "the schedules meanwhile",
  ],
});

describe.skipIf(!weirModes.includes("cloud"))("what Cloud has and Prefect's own server has not", () => {
  test("the client makes push and managed pools, of templates that come from Weir", async () => {
    const client = await readyClient(await weirPlace("cloud"));
    for (const [name, type] of [
      ["my-ecs-pool", "ecs:push"],
      ["my-managed-pool", "prefect:managed"],
      ["my-docker-pool", "docker"],
    ] as const) {
      await client.ok(["work-pool", "create", name, "--type", type]);
      const shown = object(parse(await client.ok(["work-pool", "inspect", name, "--output", "json"])));
      expect([shown.type, shown.status]).toEqual([type, type === "prefect:managed" ? "READY" : "NOT_READY"]);
      const template = object(shown.base_job_template);
      expect(Object.keys(object(object(template.variables).properties))).toContain("command");
    }
    client.close();
  });

  test("the client branches a deployment, and a deployment goes back to what it was", async () => {
    const client = await readyClient(await weirPlace("cloud"));
    const cwd = ownProject(client);
    await client.ok(["work-pool", "create", POOL, "--type", "process"]);
    await client.ok(["--no-prompt", "deploy", "--name", "nightly"], { cwd });
    const { stdout } = await client.python("branches.py", ["clients-report/nightly"]);
    expect(parse(stdout)).toEqual({
      branch: ["nightly@fix-retries", "fix/retries", true, true],
      changed: [{ day: "changed" }, true],
      after: [true, true, true],
    });
    client.close();
  });
});
