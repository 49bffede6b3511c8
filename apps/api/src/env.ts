import { z } from "zod";

/** Every setting, with what it is for. */
export const settings = z.object({
  DATABASE_URL: z.string().describe("PostgreSQL 15 or newer."),
  HOST: z.string().default("127.0.0.1").describe("Address to listen on."),
  PORT: z.coerce.number().int().default(4200).describe("Port to listen on."),
  PUBLIC_URL: z.string().optional().describe("Address that people and clients use; http://HOST:PORT when absent."),
  DASHBOARD_ORIGIN: z
    .string()
    .optional()
    .describe("Where the dashboard listens; everything but /api and /hooks is forwarded there."),
  WEIR_LOOPS: z
    .string()
    .default("none")
    .describe("Background loops to run in this process: all, none, or names with commas."),
  REDIS_URL: z.string().optional().describe("Shared rate-limit counters; in process when absent."),
  RATE_LIMIT_API_PER_MINUTE: z.coerce
    .number()
    .int()
    .default(0)
    .describe("API calls an account may make per minute; 0 for no limit."),
  RATE_LIMIT_EVENTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .default(0)
    .describe("Log lines and events an account may send per minute; 0 for no limit."),
  WEIR_TRUST_LOOPBACK: z
    .string()
    .optional()
    .describe("Set on a local instance: sockets from this machine need no key. Never behind a proxy."),
  WEIR_SUPERVISED: z.string().optional().describe("Set by `weir server start`: exit when standard input ends."),
  LOG_LEVEL: z
    .enum(["silent", "error", "warn", "info", "debug"])
    .default("warn")
    .describe("What is logged, as JSON lines."),
});

/** The API's settings, parsed once at start. */
export type Env = Readonly<z.output<typeof settings>>;

/** Reads settings from the environment; throws with the names of those that do not fit. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  return Object.freeze(settings.parse(source));
}
