import { z } from "zod";

const Env = z.object({
  WEIR_PORT: z.coerce.number().int().min(1).max(65_534).default(4200).describe("The one port that Weir answers at."),
  WEIR_HOME: z.string().min(1).optional().describe("The instance's folder. Unset: .weir in the repository."),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe("A PostgreSQL 15 or newer of your own. Unset: Weir keeps a private one."),
  WEIR_API_URL: z.url().optional().describe("Address of the workspace that commands ask. Unset: the local instance's."),
  WEIR_API_KEY: z.string().min(1).optional().describe("Key for WEIR_API_URL."),
});

/** What the `weir` command reads from its environment. */
export type Env = Readonly<z.infer<typeof Env>>;

/** Reads the environment. Throws one sentence that names the variable that is wrong. */
export function readEnv(): Env {
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  const parsed = Env.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join(".")} is not right: ${issue?.message}. Correct it or unset it.`);
}

/** The whole environment, for the processes that the instance starts. */
export function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Whether `npm start` started this process: then it ends when npm does. */
export function startedByNpm(): boolean {
  return process.env.npm_lifecycle_event === "start";
}
