/**
 * `npx tsx benchmarks/growth.ts [--sides weir,peer] [--rounds 2] [--seconds 3] [--name NAME]`: what screens and workers read
 * most, with ten deployments and 10,000 finished runs, with 10,000 deployments, and with a million runs as well. Says by how
 * much each read grew.
 */
import { parseArgs } from "node:util";
import { measureByTurns, type Side } from "./by-turns.ts";
import { reads } from "./reads.ts";
import { commit, machine, type Row, save, table } from "./report.ts";
import { fill, fillFirst, type Size } from "./servers/fill.ts";
import { prefectBin, startPeer } from "./servers/peer.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const { values: asked } = parseArgs({
  options: {
    sides: { type: "string", default: "weir,peer" },
    rounds: { type: "string", default: "2" },
    seconds: { type: "string", default: "3" },
    runs: { type: "string", default: "1000000" },
    name: { type: "string" },
  },
});
const most = Number(asked.runs);
const sizes: readonly Size[] = [
  { deployments: 10, runs: most / 100 },
  { deployments: 10_000, runs: most / 100 },
  { deployments: 10_000, runs: most },
];
const wanted = asked.sides.split(",");
const cluster = await startCluster({ profile: false });
const versions: Record<string, string> = { "Node.js": process.versions.node, PostgreSQL: cluster.version };
const sides: Side[] = [];
try {
  const workspace = await prepareWeir(await cluster.database("weir"));
  if (wanted.includes("weir")) sides.push(await startWeir(workspace));
  const bin = wanted.includes("peer") ? prefectBin() : undefined;
  if (bin) {
    const { version, ...peer } = await startPeer(bin, await cluster.database("prefect"));
    versions.Prefect = version;
    sides.push(peer);
  }
  for (const { target } of sides) await fillFirst(target);
  const rows: Row[] = [];
  for (const size of sizes) {
    const label = `${size.deployments.toLocaleString("en")} deployments, ${size.runs.toLocaleString("en")} runs`;
    console.log(`\n${label}`);
    for (const { target } of sides) await fill(target, target.name === "weir" ? workspace : undefined, size);
    const plan = { rounds: Number(asked.rounds), seconds: Number(asked.seconds), postgres: cluster.pid };
    const measured = await measureByTurns(sides, { ...plan, benchmarks: [reads] });
    rows.push(...measured.map((row) => ({ ...row, variant: `${row.variant}; ${label}` })));
  }
  console.log(`\n${table(rows, undefined)}\n\n${growth(rows).join("\n")}`);
  if (asked.name) {
    const date = new Date().toISOString();
    const setting = { name: asked.name, date, commit: commit(), machine: machine(), versions, pgbench: undefined };
    console.log(`Written to ${save(setting, rows, growth(rows))}`);
  }
} finally {
  for (const { server } of sides) await server.stop();
  await cluster.stop();
}

/** For each read of each side, how its median latency grew from the first size to the others. */
function growth(rows: readonly Row[]): string[] {
  const reading = (row: Row) => `${row.variant.split(";")[0]}, ${row.side}`;
  return [...new Set(rows.map(reading))].map((what) => {
    const [first, ...later] = rows.filter((row) => reading(row) === what).map((row) => row.figures.p50);
    return `${what}: ${later.map((p50) => `${(p50 / (first ?? p50)).toFixed(2)}×`).join(", then ")}`;
  });
}
