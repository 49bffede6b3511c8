import { expect, test } from "vitest";
import { WeirError } from "./errors.ts";
import { elementTexts, JsonText, memberTexts, toWire } from "./json.ts";

const awkward = '{"b": 1.0, "2": [1e400, -0], "a": 1152921504606846977, "text": "\\u00e9 \\"}", "deep": {"x": {}}}';

test("a document comes back exactly as it was sent", () => {
  const [text] = [...memberTexts(`{"parameters": ${awkward}, "name": "x"}`).values()];
  expect(toWire({ parameters: new JsonText(text ?? "") })).toBe(`{"parameters":${awkward}}`);
});

test("members are split at their own level, whatever their strings hold", () => {
  const members = memberTexts('{"a": "}{,:\\\\", "b" : [1, {"a": 2}] , "a":null}');
  expect([...members]).toEqual([
    ["a", "null"],
    ["b", '[1, {"a": 2}]'],
  ]);
});

test("elements are split at their own level", () => {
  expect(elementTexts('[ 1.0, "a,b", [2, 3], {"c": [4]} ]')).toEqual(["1.0", '"a,b"', "[2, 3]", '{"c": [4]}']);
  expect(elementTexts("[]")).toEqual([]);
  expect(memberTexts("[1]").size).toBe(0);
});

test.each([
  { a: undefined, b: null, c: 'é\n"\ud800', d: [undefined, true], e: { f: -0.5 } },
  ["\u0001", "plain", 3, {}],
  [
    { 'a "key"': 1, "": 2, ["k".repeat(100)]: 3 },
    { 'a "key"': 4, "": 5, ["k".repeat(100)]: 6 },
  ],
  "text",
])("toWire writes what JSON.stringify writes (%j)", (value) => {
  expect(toWire(value)).toBe(JSON.stringify(value));
});

test("what another copy of the module made is a document and a fault all the same", async () => {
  const again = (name: string) => import(`./${name}.ts?copy`);
  const [json, errors] = await Promise.all([again("json"), again("errors")]);
  expect(json.JsonText).not.toBe(JsonText);
  expect(new json.JsonText("1.0") instanceof JsonText).toBe(true);
  expect(toWire({ a: new json.JsonText("1.0") })).toBe('{"a":1.0}');
  expect(new errors.WeirError("missing", "x") instanceof WeirError).toBe(true);
  expect(new Error("x") instanceof WeirError).toBe(false);
});
