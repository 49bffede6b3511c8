import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";
import { POOL } from "./servers/fill.ts";

const DAY = 86_400_000;
const day = (days: number) => new Date((Math.floor(Date.now() / DAY) + days) * DAY).toISOString();

/** What screens and workers read most; each of them is a promise of 100 ms however much there is (`growth.ts`). */
const questions: Record<string, readonly [path: string, body: () => unknown]> = {
  "runs, first page": ["/flow_runs/filter", () => ({ sort: "START_TIME_DESC", limit: 50 })],
  "runs, page 500": ["/flow_runs/filter", () => ({ sort: "START_TIME_DESC", limit: 50, offset: 499 * 50 })],
  "runs in a rare state": [
    "/flow_runs/filter",
    () => ({ sort: "START_TIME_DESC", limit: 50, flow_runs: { state: { type: { any_: ["CRASHED"] } } } }),
  ],
  "count of runs": ["/flow_runs/count", () => ({})],
  "histogram of a day by the hour": [
    "/flow_runs/history",
    () => ({ history_start: day(-1), history_end: day(0), history_interval_seconds: 3600 }),
  ],
  deployments: ["/deployments/filter", () => ({ sort: "NAME_ASC", limit: 200 })],
  "worker poll": [
    `/work_pools/${POOL}/get_scheduled_flow_runs`,
    () => ({ scheduled_before: new Date(Date.now() + 10_000).toISOString() }),
  ],
};

/** Reads, one after the other on one connection: their latency is what counts. */
export const reads: Benchmark = {
  name: "reads",
  unit: "read",
  timed: "call",
  variants: (seconds) =>
    Object.keys(questions).map((label) => ({ label, connections: 1, seconds, on: ["weir", "peer"] })),
  async drive(target, { label, connections, seconds }, began) {
    const [path, body] = questions[label] ?? ["", () => ({})];
    return load(target.url, headersOf(target), { connections, seconds, began }, async (connection) => {
      const { status, body: answer } = await connection.send("POST", pathOf(target) + path, JSON.stringify(body()));
      if (status !== 200) throw new Error(`${path} answered ${status}: ${answer.slice(0, 300)}`);
    });
  },
};
