import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type JobSubject, mergeJobVariables, prepareJob } from "./prepare.ts";
import { renderJobTemplate } from "./render.ts";

type Case = { name: string; template: string; deployment: string; run: string; subject: JobSubject; job: string };
const cases = readFileSync(new URL("../../fixtures/prepared-jobs.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

test.each(cases)("a job is started as the peer's worker starts it: $name", (one) => {
  const rendered = renderJobTemplate(one.template, mergeJobVariables(one.deployment, one.run)) ?? "";
  const expected = JSON.parse(one.job) as Record<string, unknown>;
  const told = Object.entries(expected).filter(([, value]) => value !== null);
  expect(JSON.parse(prepareJob(rendered, one.subject))).toEqual(Object.fromEntries(told));
});
