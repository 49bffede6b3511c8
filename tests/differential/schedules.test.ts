import { expect, test } from "vitest";
import { compareSchedules } from "./schedules.ts";

test("random schedules fire when the peer's own code says, but where we differ on purpose", async () => {
  const { same, wrong } = await compareSchedules({ count: 150, seed: 7, patience: 0.5 });
  expect(wrong).toEqual([]);
  expect(same).toBeGreaterThan(120);
});
