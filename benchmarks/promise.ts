import type { LoadResult } from "./driver/load.ts";

/** A server under load, as a client reaches it. */
export type Target = {
  name: "weir" | "unbatched" | "peer";
  /** The workspace's address: what PREFECT_API_URL would be. */
  url: string;
  apiKey: string | null;
  /** Its database, for what only rows tell: whether the peer has stored an event. */
  databaseUrl: string;
};

/** One row of the table: so many connections for so long. `seconds` bounds the peer too, however little it gets done. */
export type Variant = { label: string; connections: number; seconds: number; on: readonly Target["name"][] };

/** What Weir promises to do faster, and how that is measured. */
export type Benchmark = {
  name: string;
  /** What one operation is: rates and costs are of these. */
  unit: string;
  /** What one latency is the latency of. */
  timed: string;
  variants(seconds: number): Variant[];
  /** Drives the target; awaits `began` when it is warm, just before what counts. */
  drive(target: Target, variant: Variant, began: () => Promise<void>): Promise<LoadResult>;
};

/** The headers that a client sends with each call. */
export function headersOf({ apiKey }: Target): Record<string, string> {
  return {
    accept: "*/*",
    "user-agent": "prefect/3.8.8 (API 0.8.4)",
    "x-prefect-api-version": "0.8.4",
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}

/** The path below which the workspace's routes are. */
export function pathOf({ url }: Target): string {
  return new URL(url).pathname;
}
