/**
 * `npm run seed -- <scenario> [--runs N]`: fills the workspace of the instance that runs here, or the one that
 * `--database URL --account ID --workspace ID` name. Scenarios only add.
 */
import { parseArgs } from "node:util";
import { busyWorkspace } from "./busy-workspace.ts";
import { manyDeployments } from "./many-deployments.ts";
import { millionRuns } from "./million-runs.ts";
import { findPlace, type Place } from "./place.ts";

const scenarios: Record<string, (place: Place, runs: number | undefined) => Promise<void>> = {
  "many-deployments": (place, deployments) => manyDeployments(place, deployments ?? 10_000),
  "million-runs": (place, runs) => millionRuns(place, runs ?? 1_000_000),
  "busy-workspace": (place) => busyWorkspace(place),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string" },
    database: { type: "string" },
    account: { type: "string" },
    workspace: { type: "string" },
  },
});
const scenario = scenarios[positionals[0] ?? ""];
if (!scenario) {
  console.error(`Usage: npm run seed -- <scenario>. Scenarios: ${Object.keys(scenarios).join(", ")}.`);
  process.exit(2);
}
try {
  await scenario(await findPlace(values), values.runs === undefined ? undefined : Number(values.runs));
} catch (error) {
  console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
