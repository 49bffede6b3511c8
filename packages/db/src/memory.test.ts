import { expect, test } from "vitest";
import { Memory } from "./memory.ts";

const memory = () => new Memory<string>(32, (value) => value.length);

test("what was used last is kept, and in sum no more than it may weigh", () => {
  const one = memory();
  for (let index = 0; index < 16; index += 1) one.set(`k${index}`, "xx");
  expect(one.get("k0")).toBe("xx");
  one.set("new", "x");
  expect(one.get("k0")).toBe("xx");
  expect(one.get("k1")).toBeUndefined();
  expect(one.get("new")).toBe("x");
});

test("a value takes the place, and the weight, of the one before", () => {
  const one = memory();
  for (let index = 0; index < 15; index += 1) one.set(`k${index}`, "xx");
  for (const value of ["aa", "bb", "c"]) one.set("k0", value);
  expect(one.get("k0")).toBe("c");
  one.set("more", "xx");
  expect(one.get("k1")).toBe("xx");
});

test("what weighs more than a sixteenth is not kept, nor is what it would have replaced", () => {
  const one = memory();
  one.set("k", "x");
  one.set("k", "xxx");
  expect(one.get("k")).toBeUndefined();
});
