/**
 * `npm run bench`: Weir and Prefect's own server on one PostgreSQL, by turns. See docs/decisions/0008-measured-by-turns.md.
 *
 *   --quick            two short rounds
 *   --only a,b         only these: set_state, run_life, create_flow_run, events_in, logs, slots
 *   --sides weir,peer  only these sides
 *   --rounds N --seconds N
 *   --million          Weir again with a million finished runs and 10,000 deployments
 *   --profile          CPU profiles of Weir and the costliest statements, into .cache/bench
 *   --name NAME        results/<date>-NAME; without it nothing is written
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks.ts";
import { measureByTurns, type Side } from "./by-turns.ts";
import { profileFlags, statements } from "./profile.ts";
import { commit, machine, median, type Row, save, table } from "./report.ts";
import { prefectBin, startPeer } from "./servers/peer.ts";
import { pgbench, preparePgbench, startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const { values: asked } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    sides: { type: "string", default: "weir,unbatched,peer" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    million: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    name: { type: "string" },
  },
});
const rounds = Number(asked.rounds ?? (asked.quick ? 2 : 5));
const seconds = Number(asked.seconds ?? (asked.quick ? 3 : 8));
const only = asked.only?.split(",");
// Reads say little of empty databases: growth.ts measures them.
const chosen = benchmarks.filter(({ name }) => only?.includes(name) ?? name !== "reads");
const sidesAsked = asked.sides.split(",");

const sides: Side[] = [];
const notes: string[] = [];
const versions: Record<string, string> = { "Node.js": process.versions.node };
const cluster = await startCluster({ profile: asked.profile });
versions.PostgreSQL = cluster.version;
try {
  await run();
} finally {
  for (const { server } of sides) await server.stop();
  await cluster.stop();
}

async function run(): Promise<void> {
  const workspace = await prepareWeir(await cluster.database("weir"));
  if (sidesAsked.includes("weir")) sides.push(await startWeir(workspace, { nodeFlags: profileFlags(asked.profile) }));
  const wantsUnbatched = sidesAsked.includes("unbatched") && chosen.some(({ name }) => name === "set_state");
  if (wantsUnbatched) sides.push(await startWeir(workspace, { batched: false }));
  const bin = sidesAsked.includes("peer") ? prefectBin() : undefined;
  if (bin) {
    const { version, ...peer } = await startPeer(bin, await cluster.database("prefect"));
    versions.Prefect = version;
    sides.push(peer);
  } else notes.push("Prefect's server was not measured.");
  const pgbenchUrl = await cluster.database("pgbench");
  preparePgbench(pgbenchUrl);

  const rates: number[] = [];
  const rows: Row[] = [];
  const plan = { benchmarks: chosen, rounds, seconds, postgres: cluster.pid };
  const between = () => {
    const rate = pgbench(pgbenchUrl, Math.min(seconds, 5));
    if (rate !== undefined) rates.push(rate);
  };
  rows.push(...(await measureByTurns(sides, { ...plan, between })));
  if (asked.million) rows.push(...(await withMillion()));
  const rate = rates.length > 0 ? median(rates) : undefined;
  console.log(`\n${table(rows, rate)}\n\npgbench -N -M prepared -c 16: ${rate?.toFixed(0) ?? "not there"}`);
  if (asked.profile) console.log(await statements(workspace.databaseUrl));
  if (asked.name) {
    const setting = {
      name: asked.name,
      date: new Date().toISOString(),
      commit: commit(),
      machine: machine(),
      versions,
      pgbench: rate,
    };
    console.log(`Written to ${save(setting, rows, notes)}`);
  }

  async function withMillion(): Promise<Row[]> {
    console.log("\nFilling the workspace with a million runs…");
    const flags = [
      "--account",
      workspace.accountId,
      "--workspace",
      workspace.workspaceId,
      "--database",
      workspace.databaseUrl,
    ];
    for (const scenario of ["many-deployments", "million-runs"]) {
      execFileSync(process.execPath, ["--import", "tsx", "prisma/seed/main.ts", scenario, ...flags], {
        stdio: "inherit",
      });
    }
    const weir = sides.filter(({ target }) => target.name === "weir");
    return (await measureByTurns(weir, plan)).map((row) => ({ ...row, side: "weir, 1 M runs" }));
  }
}
