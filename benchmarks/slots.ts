import { randomUUID } from "node:crypto";
import { expectStatus } from "./driver/calls.ts";
import { Connection } from "./driver/connection.ts";
import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";

/** A slot of one limit, taken under a lease and given back: what each tagged task does, none of them waiting. */
export const slots: Benchmark = {
  name: "slots",
  unit: "slot taken and given back",
  timed: "both calls",
  variants: (seconds) => [
    { label: "1 connection", connections: 1, seconds, on: ["weir", "peer"] },
    { label: "16 connections", connections: 16, seconds, on: ["weir", "peer"] },
    { label: "64 connections", connections: 64, seconds, on: ["weir", "peer"] },
  ],
  async drive(target, { connections, seconds }, began) {
    const base = `${pathOf(target)}/v2/concurrency_limits`;
    const name = `bench-${randomUUID()}`;
    const first = await Connection.open(target.url, headersOf(target));
    expectStatus(await first.send("POST", `${base}/`, JSON.stringify({ name, limit: 1_000 })), 201);
    first.close();
    return load(target.url, headersOf(target), { connections, seconds, began }, async (connection) => {
      const body = `{"names":["${name}"],"slots":1,"mode":"concurrency","lease_duration":60,"holder":{"type":"task_run","id":"${randomUUID()}"}}`;
      const taken = await connection.send("POST", `${base}/increment-with-lease`, body);
      expectStatus(taken, 200);
      const { lease_id } = JSON.parse(taken.body) as { lease_id: string };
      expectStatus(await connection.send("POST", `${base}/decrement-with-lease`, `{"lease_id":"${lease_id}"}`), 204);
    });
  },
};
