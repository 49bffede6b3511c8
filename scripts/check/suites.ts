import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./source-files.ts";

/**
 * How many tests of a step passed and failed, and a line on each that failed. A step that breaks before it has run any
 * counts as one failed.
 */
export type Tally = { passed: number; failed: number; failures: string[] };

/** What a program ended with, and what it counted in the report it wrote. */
export type Outcome = { ok: boolean; report: string };

/** The part of vitest's report that says what failed. */
type VitestReport = {
  testResults?: {
    name: string;
    status: string;
    message?: string;
    assertionResults?: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
};

/** Where a step's report goes. An older one is removed, so that it is never read for a new one. */
export function reportPath(step: string): string {
  const path = join(root, ".cache/check", `${step}.json`);
  rmSync(path, { force: true });
  return path;
}

/** Reads vitest's JSON report. */
export function tallyVitest({ ok, report }: Outcome): Tally {
  const counts = readReport(report);
  const failures = failuresIn(counts);
  return settle(ok, { passed: numberIn(counts, "numPassedTests"), failed: failures.length, failures });
}

/** Reads Playwright's JSON report. A test that passed only when tried again is broken. */
export function tallyPlaywright({ ok, report }: Outcome): Tally {
  const stats = readReport(report).stats;
  const counts = typeof stats === "object" && stats !== null ? stats : {};
  const failed = numberIn(counts, "unexpected") + numberIn(counts, "flaky");
  return settle(ok, { passed: numberIn(counts, "expected"), failed, failures: [] }); // its own last lines name them
}

function settle(ok: boolean, tally: Tally): Tally {
  return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

/** File, test and first line of what went wrong; of a file whose set-up failed, the file. */
function failuresIn(report: VitestReport): string[] {
  return (report.testResults ?? [])
    .filter(({ status }) => status === "failed")
    .flatMap(({ name, message = "", assertionResults = [] }) => {
      const file = relative(root, name);
      const tests = assertionResults.filter(({ status }) => status === "failed");
      if (tests.length === 0) return [`${file}: ${firstLine(message)}`];
      return tests.map(
        ({ fullName, failureMessages = [] }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`,
      );
    });
}

function firstLine(text = ""): string {
  return text.split("\n", 1)[0] ?? "";
}

function readReport(path: string): VitestReport & Record<string, unknown> {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

function numberIn(counts: object, key: string): number {
  const value: unknown = Reflect.get(counts, key);
  return typeof value === "number" ? value : 0;
}
