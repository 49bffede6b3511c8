import { z } from "zod";

/** Every setting, with what it is for. */
export const settings = z.object({
  DATABASE_URL: z.string().describe("PostgreSQL 15 or newer."),
  WEIR_LOOPS: z
    .string()
    .default("all")
    .describe("Background loops to run in this process: all, none, or names with commas."),
  WEIR_SUPERVISED: z.string().optional().describe("Set by `weir server start`: exit when standard input ends."),
});

/** The settings of background loops, parsed once at start. */
export type Env = Readonly<z.output<typeof settings>>;

/** Reads settings from the environment; throws with the names of those that do not fit. */
export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  return Object.freeze(settings.parse(source));
}
