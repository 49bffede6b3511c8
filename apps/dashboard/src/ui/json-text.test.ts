import { expect, test } from "vitest";
import { layOut } from "./json-text.ts";

const laidOut = (text: string) =>
  layOut(text)
    .map((token) => token.text)
    .join("");

test("numbers are shown as they were sent", () => {
  expect(laidOut('{"a":1.0,"big":1152921504606846977,"e":1E-7}')).toBe(
    '{\n  "a": 1.0,\n  "big": 1152921504606846977,\n  "e": 1E-7\n}',
  );
});

test("empty things stay on their line, nested ones are indented", () => {
  expect(laidOut('{"a":[],"b":{"c":[1,2]}}')).toBe(
    '{\n  "a": [],\n  "b": {\n    "c": [\n      1,\n      2\n    ]\n  }\n}',
  );
});

test("braces and colons inside strings are text", () => {
  expect(layOut('{"a:{":"b},\\"c"}').map((token) => token.kind)).toEqual([
    "punctuation",
    "space",
    "key",
    "punctuation",
    "string",
    "space",
    "punctuation",
  ]);
});
