import { Connection } from "./connection.ts";

/** What a run of load came to. Latencies in milliseconds, CPU in seconds of this process. */
export type LoadResult = {
  operations: number;
  seconds: number;
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  errors: number;
  driverCpuSeconds: number;
};

/** One operation of a client: several calls may make it up. Throws when it went wrong. */
export type Operation = (connection: Connection, client: number, turn: number) => Promise<void>;

/** How hard to drive. `began` is awaited after the warm-up, just before what counts. */
export type LoadOptions = { connections: number; seconds: number; maxOperations?: number; began?: () => Promise<void> };

/** At least one turn each, and long enough for the server's code to be compiled. */
const WARM_SECONDS = 1;

/** Runs `operation` over and over on each of `connections` connections for `seconds`, after a warm-up. */
export async function load(
  url: string,
  headers: Record<string, string>,
  options: LoadOptions,
  operation: Operation,
): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: options.connections }, () => Connection.open(url, headers)));
  const warm = performance.now() + WARM_SECONDS * 1000;
  await Promise.all(
    open.map(async (connection, client) => {
      do await operation(connection, client, -1);
      while (performance.now() < warm);
    }),
  );
  await options.began?.();
  const latencies: number[] = [];
  let errors = 0;
  let left = options.maxOperations ?? Number.POSITIVE_INFINITY;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const until = start + options.seconds * 1000;
  await Promise.all(
    open.map(async (first, client) => {
      let connection = first;
      for (let turn = 0; performance.now() < until && left > 0; turn += 1) {
        left -= 1;
        const at = performance.now();
        try {
          await operation(connection, client, turn);
          latencies.push(performance.now() - at);
        } catch (error) {
          errors += 1;
          if (errors > 20) throw error;
          connection.close();
          connection = open[client] = await Connection.open(url, headers);
        }
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  for (const connection of open) connection.close();
  return summarize(latencies, {
    operations: latencies.length,
    seconds,
    errors,
    driverCpuSeconds: (used.user + used.system) / 1e6,
  });
}

/** A result from its latencies; the order of these is lost. */
export function summarize(
  latencies: number[],
  counted: Pick<LoadResult, "operations" | "seconds" | "errors" | "driverCpuSeconds">,
): LoadResult {
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    ...counted,
    perSecond: counted.operations / counted.seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: latencies.at(-1) ?? 0,
  };
}
