import { expect, test } from "vitest";
import { prepareSchema, schemaFault } from "./schema.ts";
import type { Leniency } from "./tolerant-schema.ts";

const faultOf = (value: unknown, schema: Record<string, unknown>, leniency?: Leniency) =>
  schemaFault(value, prepareSchema(schema, leniency));

const schema = {
  type: "object",
  properties: {
    x: { type: "integer", title: "x" },
    note: { type: "string" },
    size: { type: "integer", default: 3 },
    pair: { type: "array", items: [{ type: "integer" }, { type: "string" }] },
    address: { $ref: "#/definitions/Address" },
    when: { type: "string", format: "date-time" },
  },
  required: ["x"],
  definitions: { Address: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
};

test.each([
  ["everything fits", { x: 1, note: "n" }],
  ["a whole number written as a fraction is an integer", { x: 1.0 }],
  ["an optional value may be null", { x: 1, note: null }],
  ["a list of item schemas is a tuple", { x: 1, pair: [1, "a"] }],
  ["formats are not checked", { x: 1, when: "tomorrow" }],
  ["a reference is followed", { x: 1, address: { city: "Rome" } }],
])("%s", (_, value) => {
  expect(faultOf(value, schema)).toBeUndefined();
});

test.each([
  ["a wrong type", { x: "a" }, "Validation failed for field 'x'. Failure reason: 'a' is not of type 'integer'"],
  ["a missing value", {}, "Validation failed. Failure reason: 'x' is a required property"],
  [
    "null where there is a default",
    { x: 1, size: null },
    "Validation failed for field 'size'. Failure reason: None is not of type 'integer'",
  ],
  [
    "a wrong type in a reference",
    { x: 1, address: { city: 5 } },
    "Validation failed for field 'address.city'. Failure reason: 5 is not of type 'string'",
  ],
])("%s is told in words", (_, value, fault) => {
  expect(faultOf(value, schema)).toBe(fault);
});

test("what is still to come may be missing", () => {
  expect(faultOf({}, schema, { ignoreRequired: true })).toBeUndefined();
  expect(faultOf({ x: "a" }, schema, { ignoreRequired: true })).toMatch(/is not of type/);
});

test("members that nobody declared are refused where the schema says so", () => {
  const closed = { type: "object", properties: { x: { type: "integer" } }, additionalProperties: false };
  expect(faultOf({ x: 1, y: 2 }, closed)).toMatch(/Additional properties are not allowed/);
});

test("a block may be given by its id, and a pattern in Python's own dialect is read or left alone", () => {
  const blocks = {
    properties: { block: { $ref: "#/definitions/S3" } },
    definitions: { S3: { block_type_slug: "s3", type: "object", required: ["bucket"] } },
  };
  expect(faultOf({ block: { $ref: "0b2c" } }, blocks)).toBeUndefined();
  expect(faultOf({ block: {} }, blocks)).toMatch(/'block'/);
  expect(faultOf({ x: "b" }, { properties: { x: { pattern: "\\A(?P<a>a)\\Z" } } })).toMatch(/'x'/);
  expect(faultOf({ x: "b" }, { properties: { x: { pattern: "(?i:a)(?<=b*)[[" } } })).toBeUndefined();
});

test("a schema that refers to nowhere is a fault, one that goes in circles ends", () => {
  expect(faultOf({ x: 1 }, { properties: { x: { $ref: "#/definitions/Gone" } } })).toMatch(/Failure reason/);
  expect(() => faultOf({}, { $ref: "#" })).toThrow(RangeError);
});
