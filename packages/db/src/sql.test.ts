import { expect, test } from "vitest";
import { parseTextQuery } from "./filters/text.ts";
import { all, join, raw, sql } from "./sql.ts";

test("values become parameters in order, nested pieces included", () => {
  const where = all([sql`a = ${1}`, sql`b = any(${["x"]})`]);
  expect(sql`select ${raw("c")} from t where ${where} limit ${5}`.render()).toEqual({
    text: "select c from t where a = $1 and b = any($2) limit $3",
    values: [1, ["x"], 5],
  });
});

test("nothing to join is the empty piece, no condition is true", () => {
  expect(join([], ", ").render().text).toBe("");
  expect(all([]).render().text).toBe("true");
});

test.each([
  ["a b", { any: ["a", "b"], required: [], excluded: [] }],
  ['+need -not !nor "a phrase"', { any: ["a phrase"], required: ["need"], excluded: ["not", "nor"] }],
  ['"open phrase', { any: ["open phrase"], required: [], excluded: [] }],
  ["  ", { any: [], required: [], excluded: [] }],
  ["- a + !", { any: ["a"], required: [], excluded: [] }],
  ['one"two"-"three four"', { any: ["one", "two"], required: [], excluded: ["three four"] }],
  ['"say \\"hi\\" \\n" back\\slash', { any: ['say "hi" \\n', "back\\slash"], required: [], excluded: [] }],
])("the text query %j is read", (query, parsed) => {
  expect(parseTextQuery(query)).toEqual(parsed);
});
