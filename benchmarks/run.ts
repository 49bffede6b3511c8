/**
 * `npm run bench`: Weir and Prefect's own server on one PostgreSQL, by turns. See docs/decisions/0008-measured-by-turns.md.
 *
 *   --quick            two short rounds
 *   --only a,b         only these: set_state, run_life, events_in, logs, reads, slots
 *   --sides weir,peer  only these sides
 *   --rounds N --seconds N
 *   --million          Weir again with a million finished runs and 10,000 deployments
 *   --profile          CPU profiles of Weir and the costliest statements, into .cache/bench
 *   --name NAME        results/<date>-NAME; without it nothing is written
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks.ts";
import { type Measured, measure } from "./measure.ts";
import { profileFlags, statements } from "./profile.ts";
import type { Target } from "./promise.ts";
import { commit, machine, median, type Row, rowOf, save, table } from "./report.ts";
import { prefectBin, startPeer } from "./servers/peer.ts";
import { pgbench, preparePgbench, startCluster } from "./servers/postgres.ts";
import { type Server, settle } from "./servers/processes.ts";
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
const chosen = benchmarks.filter(({ name }) => only?.includes(name) ?? true);
const sidesAsked = asked.sides.split(",");

type Side = { server: Server; target: Target };

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
  const all = await measureSides(sides, rounds, () => {
    const rate = pgbench(pgbenchUrl, Math.min(seconds, 5));
    if (rate !== undefined) rates.push(rate);
  });
  rows.push(...all);
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
    return (await measureSides(weir, rounds)).map((row) => ({ ...row, side: "weir, 1 M runs" }));
  }
}

/** Every benchmark on every side, by turns; the order of the sides flips each round. */
async function measureSides(them: Side[], times: number, between?: () => void): Promise<Row[]> {
  const figures = new Map<string, Measured[]>();
  for (let round = 0; round < times; round += 1) {
    between?.();
    for (const benchmark of chosen) {
      for (const variant of benchmark.variants(seconds)) {
        for (const side of round % 2 === 0 ? them : them.toReversed()) {
          if (!variant.on.includes(side.target.name)) continue;
          const measured = await alone(side, () =>
            measure(
              { benchmark: benchmark.name, variant, target: side.target },
              { server: side.server.pid, postgres: cluster.pid },
            ),
          );
          const key = `${benchmark.name} ${variant.label} ${side.target.name}`;
          figures.set(key, [...(figures.get(key) ?? []), measured]);
          const { perSecond, p50, p99, serverCpuMs, postgresCpuMs, driverCpuMs } = measured;
          const said = [perSecond, p50, p99, serverCpuMs, postgresCpuMs, driverCpuMs].map((value) =>
            value.toPrecision(3),
          );
          console.log(
            `${round + 1}/${times} ${key}: ${said[0]}/s, p50 ${said[1]}, p99 ${said[2]} ms; CPU ${said[3]} + ${said[4]} ms, driver ${said[5]}`,
          );
        }
      }
    }
  }
  return chosen.flatMap((benchmark) =>
    benchmark.variants(seconds).flatMap((variant) =>
      them.flatMap(({ target }) => {
        const measured = figures.get(`${benchmark.name} ${variant.label} ${target.name}`);
        return measured ? [rowOf(benchmark, variant, target.name, measured)] : [];
      }),
    ),
  );
}

/** Measures one side while the others are held still, when what it and they left to do is done. */
async function alone(side: Side, work: () => Promise<Measured>): Promise<Measured> {
  const others = sides.filter((other) => other !== side);
  for (const { server } of others) server.freeze();
  try {
    await settle([side.server.pid, cluster.pid]);
    const measured = await work();
    await settle([side.server.pid, cluster.pid]);
    return measured;
  } catch (error) {
    throw new Error(`${side.target.name} failed. It said: ${side.server.output().slice(-1_000)}`, { cause: error });
  } finally {
    for (const { server } of others) server.thaw();
  }
}
