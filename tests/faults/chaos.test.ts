import { expect, test } from "vitest";
import { chaos } from "./chaos.ts";

test("PostgreSQL, the loops and two replicas with clocks five minutes apart are killed while runs pause, fail, are cancelled and hold slots: none is lost, none runs twice, no slot leaks", async () => {
  const { broken, states, cancelled } = await chaos({ seed: 20_261_124, runs: 40, kills: 4, withinMs: 90_000 });
  expect(broken).toEqual([]);
  expect(states).toBeGreaterThan(100);
  expect(cancelled).toBeGreaterThan(0);
});
