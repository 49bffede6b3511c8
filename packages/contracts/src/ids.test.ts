import { expect, test } from "vitest";
import { parseUuid, uuidv7, uuidv7Time } from "./ids.ts";
import { parseInstant } from "./time.ts";

test.each([
  "01A20E0D-48BB-791A-86BA-293913EA8829",
  "01a20e0d48bb791a86ba293913ea8829",
  "{01a20e0d-48bb-791a-86ba-293913ea8829}",
])("%s is read as the canonical form", (text) => {
  expect(parseUuid(text)).toBe("01a20e0d-48bb-791a-86ba-293913ea8829");
});

test("what is no UUID is undefined", () => {
  expect(parseUuid("01a20e0d-48bb")).toBeUndefined();
  expect(parseUuid("filter")).toBeUndefined();
});

test("a version 7 id tells its millisecond, and later ids sort later", () => {
  const now = parseInstant("2026-08-01T12:00:00.123456Z");
  if (now === undefined) throw new Error("unreadable");
  const id = uuidv7(now, new Uint8Array(10).fill(255));
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidv7Time(id)).toBe(Math.floor(now / 1000) * 1000);
  expect(uuidv7(parseInstant("2026-08-01T12:00:00.124Z") ?? now, new Uint8Array(10)) > id).toBe(true);
  expect(uuidv7Time("01a20e0d-48bb-491a-86ba-293913ea8829")).toBeUndefined();
});
