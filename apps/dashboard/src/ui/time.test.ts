import { expect, test } from "vitest";
import { formatDuration, formatLateness, formatRelative } from "./time.ts";

test.each([
  [0.84, "840 ms"],
  [0.9996, "1.0 s"],
  [12.44, "12.4 s"],
  [59.97, "1m 00s"],
  [192, "3m 12s"],
  [7_500, "2h 05m"],
  [273_600, "3d 4h"],
  [null, "–"],
])("%s seconds read %j", (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test.each([
  [4, "+4s"],
  [260, "+4m"],
  [90_000, "+1d"],
])("%s seconds late reads %j", (seconds, words) => {
  expect(formatLateness(seconds)).toBe(words);
});

test.each([
  [2, "now"],
  [12, "12 s ago"],
  [-180, "in 3 min"],
  [90_000, "1 d ago"],
])("%s seconds ago reads %j", (seconds, words) => {
  expect(formatRelative(0, seconds * 1000)).toBe(words);
});
