import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-files.ts";

/** How many tests of a step passed and failed. A step that breaks before it has run any counts as one failed. */
export type Tally = { passed: number; failed: number };

/** What a program ended with, and what it counted in the report it wrote. */
export type Outcome = { ok: boolean; report: string };

/** Where a step's report goes. An older one is removed, so that it is never read for a new one. */
export function reportPath(step: string): string {
  const path = join(root, ".cache/check", `${step}.json`);
  rmSync(path, { force: true });
  return path;
}

/** Reads vitest's JSON report. */
export function tallyVitest({ ok, report }: Outcome): Tally {
  const counts = readReport(report);
  return settle(ok, { passed: numberIn(counts, "numPassedTests"), failed: numberIn(counts, "numFailedTests") });
}

/** Reads Playwright's JSON report. A test that passed only when tried again is broken. */
export function tallyPlaywright({ ok, report }: Outcome): Tally {
  const stats = readReport(report).stats;
  const counts = typeof stats === "object" && stats !== null ? stats : {};
  const failed = numberIn(counts, "unexpected") + numberIn(counts, "flaky");
  return settle(ok, { passed: numberIn(counts, "expected"), failed });
}

function settle(ok: boolean, tally: Tally): Tally {
  return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

function readReport(path: string): Record<string, unknown> {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

function numberIn(counts: object, key: string): number {
  const value: unknown = Reflect.get(counts, key);
  return typeof value === "number" ? value : 0;
}
