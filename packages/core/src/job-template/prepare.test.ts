import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type JobSubject, mergeJobVariables, prepareJob } from "./prepare.ts";
import { renderJobTemplate } from "./render.ts";
import { fillVariables, variablesIn } from "./variables.ts";

type Case = { name: string; subject: JobSubject; variables: Record<string, unknown> } & Record<
  "template" | "deployment" | "run" | "job",
  string
>;
const cases = readFileSync(new URL("../../fixtures/prepared-jobs.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

test.each(cases)("a job is started as the peer's worker starts it: $name", (one) => {
  const rendered = renderJobTemplate(one.template, mergeJobVariables(one.deployment, one.run)) ?? "";
  const known = Object.entries(one.variables).filter(([name]) => variablesIn(rendered).includes(name));
  const filled = fillVariables(rendered, new Map(known.map(([name, value]) => [name, JSON.stringify(value)]))) ?? "";
  const expected = JSON.parse(one.job) as Record<string, unknown>;
  const told = Object.entries(expected).filter(([, value]) => value !== null);
  expect(JSON.parse(prepareJob(filled, one.subject))).toEqual(Object.fromEntries(told));
});

test("the variables that a job asks for are known by name, each once, and nothing else is", () => {
  const job =
    '{"a":"{{ prefect.variables.x_1 }}{{prefect.variables.x_1}}","b":["{{ prefect.blocks.secret.y }} {{ $Z }}"]}';
  expect(variablesIn(job)).toEqual(["x_1"]);
  expect(fillVariables(job, new Map([["x_1", '"v"']]))).toBe(
    '{"a":"vv","b":["{{ prefect.blocks.secret.y }} {{ $Z }}"]}',
  );
});
