import { expect, test } from "vitest";
import { schemaFaults } from "./schema.ts";
import { errorTree } from "./schema-errors.ts";

const schema = {
  type: "object",
  properties: {
    who: { type: "object", properties: { age: { type: "integer" } }, required: ["name"] },
    sizes: { type: "array", items: { type: "integer" } },
    kind: { anyOf: [{ type: "integer" }, { type: "boolean" }] },
  },
};

test.each([
  ["what fits is valid", { sizes: [1] }, []],
  [
    "members and what misses stand under what holds them",
    { who: { age: "old" } },
    [
      {
        property: "who",
        errors: [
          { property: "name", errors: ["'name' is a required property"] },
          { property: "age", errors: ["'old' is not of type 'integer', 'null'"] },
        ],
      },
    ],
  ],
  [
    "elements are told by their index",
    { sizes: [1, "a"] },
    [{ property: "sizes", errors: [{ index: 1, errors: ["'a' is not of type 'integer'"] }] }],
  ],
  [
    "of alternatives only that none fits",
    { kind: "a" },
    [{ property: "kind", errors: ["'a' is not valid under any of the given schemas"] }],
  ],
  ["the whole is told bare", "a", ["'a' is not of type 'object'"]],
])("%s", (_, value, errors) => {
  expect(errorTree(schemaFaults(value, schema))).toEqual({ errors, valid: errors.length === 0 });
});
