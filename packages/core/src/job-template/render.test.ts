import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderJobTemplate } from "./render.ts";

type Case = { name: string; template: string; given: string; job: string };
const cases = readFileSync(new URL("../../fixtures/job-templates.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

test.each(cases)("a job is made as the peer's worker makes it: $name", ({ template, given, job }) => {
  expect(JSON.parse(renderJobTemplate(template, given) ?? "")).toEqual(JSON.parse(job));
});

test("values keep their text", () => {
  const template =
    '{"job_configuration":{"a":"{{ a }}","b":"{{ b }}"},"variables":{"properties":{"a":{"default":1.0}}}}';
  expect(renderJobTemplate(template, '{"b":12345678901234567890}')).toBe('{"a":1.0,"b":12345678901234567890}');
});

test("what only the worker knows stays as it is written", () => {
  const job = '{"a":"{{ $HOME }}","b":"{{ prefect.blocks.secret.x }}","c":"{{ prefect.variables.y }} {{ z }}"}';
  expect(renderJobTemplate(`{"job_configuration":${job},"variables":{}}`, '{"z":1}')).toBe(
    '{"a":"{{ $HOME }}","b":"{{ prefect.blocks.secret.x }}","c":"{{ prefect.variables.y }} 1"}',
  );
});

test("a job that a value makes endless is not told", () => {
  const asked = JSON.stringify("{{ a }}".repeat(10_000));
  const value = JSON.stringify("x".repeat(10_000));
  expect(renderJobTemplate(`{"job_configuration":{"a":${asked}},"variables":{}}`, `{"a":${value}}`)).toBeUndefined();
});
