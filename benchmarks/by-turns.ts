import { type Measured, measure } from "./measure.ts";
import type { Benchmark, Target } from "./promise.ts";
import { type Row, rowOf } from "./report.ts";
import { type Server, settle } from "./servers/processes.ts";

/** A server that is measured, and how a client reaches it. */
export type Side = { server: Server; target: Target };

/** What to measure, how often, for how long each time; `postgres` is the process that all sides share. */
export type Plan = {
  benchmarks: readonly Benchmark[];
  rounds: number;
  seconds: number;
  postgres: number;
  /** Runs before each round. */
  between?: () => void;
};

/** Every benchmark on every side, by turns; the order of the sides flips each round. A row for each, of its medians. */
export async function measureByTurns(sides: readonly Side[], plan: Plan): Promise<Row[]> {
  const figures = new Map<string, Measured[]>();
  for (let round = 0; round < plan.rounds; round += 1) {
    plan.between?.();
    for (const benchmark of plan.benchmarks) {
      for (const variant of benchmark.variants(plan.seconds)) {
        for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
          if (!variant.on.includes(side.target.name)) continue;
          const job = { benchmark: benchmark.name, variant, target: side.target };
          const pids = { server: side.server.pid, postgres: plan.postgres };
          const measured = await alone(side, sides, plan.postgres, () => measure(job, pids));
          const key = `${benchmark.name} ${variant.label} ${side.target.name}`;
          figures.set(key, [...(figures.get(key) ?? []), measured]);
          console.log(`${round + 1}/${plan.rounds} ${key}: ${said(measured)}`);
        }
      }
    }
  }
  return plan.benchmarks.flatMap((benchmark) =>
    benchmark.variants(plan.seconds).flatMap((variant) =>
      sides.flatMap(({ target }) => {
        const measured = figures.get(`${benchmark.name} ${variant.label} ${target.name}`);
        return measured ? [rowOf(benchmark, variant, target.name, measured)] : [];
      }),
    ),
  );
}

function said(measured: Measured): string {
  const { perSecond, p50, p95, p99, serverCpuMs, postgresCpuMs, driverCpuMs } = measured;
  const [rate, ...rest] = [perSecond, p50, p95, p99, serverCpuMs, postgresCpuMs, driverCpuMs].map((value) =>
    value.toPrecision(3),
  );
  return `${rate}/s, p50 ${rest[0]}, p95 ${rest[1]}, p99 ${rest[2]} ms; CPU ${rest[3]} + ${rest[4]} ms, driver ${rest[5]}`;
}

/** Measures one side while the others are held still, when what it and they left to do is done. */
async function alone<T>(side: Side, sides: readonly Side[], postgres: number, work: () => Promise<T>): Promise<T> {
  const others = sides.filter((other) => other !== side);
  for (const { server } of others) server.freeze();
  try {
    await settle([side.server.pid, postgres]);
    const measured = await work();
    await settle([side.server.pid, postgres]);
    return measured;
  } catch (error) {
    throw new Error(`${side.target.name} failed. It said: ${side.server.output().slice(-1_000)}`, { cause: error });
  } finally {
    for (const { server } of others) server.thaw();
  }
}
