import { expect, test } from "vitest";
import { prepareSchema, schemaFault } from "./schema.ts";
import { schemaSize } from "./schema-size.ts";

const doubling = {
  $defs: Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`s${n}`, { anyOf: [1, 2].map(() => ({ $ref: `#/$defs/s${n + 1}` })) }]),
  ),
};

test.each([
  ["nothing", {}, 2],
  ["everything", true, 5],
  ["a type", { type: "integer" }, 2 + 4 + 4 + 9],
  ["a reference counts as what it refers to", { $defs: { a: { enum: ["x".repeat(100)] } }, $ref: "#/$defs/a" }, 256],
  ["a parameter called as a keyword is", { properties: { pattern: { type: "string" }, $ref: {}, id: {} } }, 65],
])("%s is as long as it is written", (_, schema, size) => {
  expect(schemaSize(schema)).toBe(size);
});

test.each([
  ["a pattern", { properties: { x: { pattern: "a" } } }],
  [
    "a pattern that a reference finds in an odd place",
    { $ref: "#/odd/properties", odd: { properties: { pattern: "a" } } },
  ],
  ["patterns of names", { items: { patternProperties: { a: {} } } }],
  ["a list of unique items", { allOf: [{ uniqueItems: true }] }],
  ["a reference to itself", { properties: { x: { $ref: "#" } } }],
  ["references that go in a circle", { $defs: { a: { $ref: "#/$defs/b" }, b: { items: { $ref: "#/$defs/a" } } } }],
  ["a reference by a name", { $defs: { a: { $anchor: "a" } }, $ref: "#a" }],
  ["a reference elsewhere", { $ref: "https://example.com/schema" }],
  ["a reference that is none", { $ref: 7 }],
  ["another base for references", { $id: "https://example.com/", properties: {} }],
])("%s has no size", (_, schema) => {
  expect(schemaSize(schema)).toBe(Infinity);
});

test("references that double at each step are measured at once, and are as large as they would be", () => {
  expect(schemaSize({ ...doubling, $ref: "#/$defs/s0" })).toBeGreaterThan(2 ** 30);
});

test("the dearest checks that are done without a watch end soon", () => {
  const nested = (depth: number): object => (depth === 0 ? { not: {} } : { anyOf: [nested(depth - 1), { not: {} }] });
  const alternatives = { items: { anyOf: Array.from({ length: 80 }, () => ({ not: {} })) } };
  const words = { additionalProperties: { anyOf: [{ enum: Array.from({ length: 150 }, (_, n) => `w${n}`) }, {}] } };
  const cases: [object, unknown][] = [
    [alternatives, Array.from({ length: 500 }, () => 1)],
    [{ items: nested(40) }, Array.from({ length: 450 }, () => 1)],
    [words, Object.fromEntries(Array.from({ length: 150 }, (_, n) => [n, n]))],
  ];
  for (const [schema, value] of cases) {
    const prepared = prepareSchema(schema as Record<string, unknown>);
    expect(prepared.size * JSON.stringify(value).length).toBeLessThan(1_500_000);
    expect(prepared.size * JSON.stringify(value).length).toBeGreaterThan(700_000);
    const began = process.cpuUsage();
    schemaFault(value, prepared);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(250);
  }
});
