/**
 * `npm run check`: all that must hold, in order of speed. `-- --changed` limits format, lint and tests to what you touched,
 * `-- --only=<step>` runs one step. It stops at the first step that fails; under CI it goes on, to tell everything at once.
 * The last line counts tests: "N passed, N failed"; a step without tests counts as one failed when it fails.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { boundaries } from "./check/boundaries.ts";
import { changedFiles } from "./check/changed-files.ts";
import { checkRules, houseRules } from "./check/house-rules.ts";
import { root } from "./check/source-files.ts";
import { reportPath, type Tally, tallyPlaywright, tallyVitest } from "./check/suites.ts";
import { bin, run } from "./setup.mjs";

type Step = { name: string; check: () => Promise<Tally> };

const { values: options } = parseArgs({ options: { changed: { type: "boolean" }, only: { type: "string" } } });
const isCI = (process.env.CI ?? "") !== "";

const steps: Step[] = [
  step("lint", () => biome()),
  step("boundaries", async () => checkRules([boundaries])),
  step("house", async () => checkRules(houseRules)),
  step("types", () => types()),
  step("knip", () => tool("knip", [])),
  suite("unit"),
  suite("walls"),
  suite("integration"),
  suite("faults"),
  suite("differential"),
  suite("clients"),
  { name: "e2e", check: browser },
];

const chosen = options.only === undefined ? steps : steps.filter(({ name }) => name === options.only);
if (chosen.length === 0) {
  console.error(`There is no step "${options.only}". Steps: ${steps.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

const total: Tally = { passed: 0, failed: 0, failures: [] };
const summary: string[] = [];
for (const { name, check } of chosen) {
  console.log(`\n── ${name}`);
  const started = performance.now();
  const { passed, failed, failures } = await check();
  total.passed += passed;
  total.failed += failed;
  total.failures.push(...failures);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  summary.push(`${failed === 0 ? "ok    " : "FAILED"}  ${name.padEnd(12)} ${seconds.padStart(6)} s`);
  console.log(summary.at(-1));
  if (failed > 0 && !isCI) break;
}

console.log(`\n${[...summary, ...total.failures].join("\n")}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A step without tests: it holds or it does not. */
function step(name: string, holds: () => Promise<boolean>): Step {
  return { name, check: async () => ({ passed: 0, failed: (await holds()) ? 0 : 1, failures: [] }) };
}

/** A vitest project of this name. */
function suite(name: string): Step {
  return {
    name,
    async check() {
      const report = reportPath(name);
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const limit = options.changed ? ["--changed"] : [];
      const ok = await tool("vitest", ["run", "--project", name, "--passWithNoTests", ...reporters, ...limit]);
      return tallyVitest({ ok, report });
    },
  };
}

async function browser(): Promise<Tally> {
  if (!existsSync(join(root, "playwright.config.ts"))) return { passed: 0, failed: 0, failures: [] };
  const report = reportPath("e2e");
  const limit = options.changed ? ["--only-changed"] : [];
  const args = ["test", "--pass-with-no-tests", "--reporter=list,json", ...limit];
  const ok = await tool("playwright", args, { PLAYWRIGHT_JSON_OUTPUT_FILE: report });
  return tallyPlaywright({ ok, report });
}

async function biome(): Promise<boolean> {
  const files = options.changed ? changedFiles() : ["."];
  if (files.length === 0) return true;
  return tool("biome", [
    "check",
    "--error-on-warnings",
    "--files-ignore-unknown=true",
    "--no-errors-on-unmatched",
    ...files,
  ]);
}

/** The dashboard has settings of its own: JSX, and Next's types. */
async function types(): Promise<boolean> {
  const dashboard = "apps/dashboard/tsconfig.json";
  const everything = await tool("tsc", ["-p", "tsconfig.json"]);
  if (!existsSync(join(root, dashboard))) return everything;
  return (await tool("tsc", ["--noEmit", "-p", dashboard])) && everything;
}

async function tool(name: string, args: string[], env: Record<string, string> = {}): Promise<boolean> {
  const { code } = await run(bin(name), args, { env });
  return code === 0;
}
