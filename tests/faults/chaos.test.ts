import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { chaos } from "./chaos.ts";

let weir: TestWeir;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl") });
});
afterAll(() => weir.stop());

test("two replicas are killed while runs pause, fail, are cancelled and hold slots: none is lost, none runs twice, no slot leaks", async () => {
  const { broken, states, cancelled } = await chaos(weir, { seed: 20_261_124, runs: 40, kills: 3, withinMs: 90_000 });
  expect(broken).toEqual([]);
  expect(states).toBeGreaterThan(100);
  expect(cancelled).toBeGreaterThan(0);
});
