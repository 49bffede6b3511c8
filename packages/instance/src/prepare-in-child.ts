import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { instanceErrorCodes, WeirInstanceError } from "./errors.ts";

const PrepareJob = z.object({
  databaseUrl: z.string(),
  /** The folder of the migrations. */
  migrations: z.string(),
  local: z.object({
    email: z.string(),
    password: z.string(),
    apiKey: z.string(),
    accountHandle: z.string(),
    workspaceHandle: z.string(),
  }),
});

const Prepared = z.object({ applied: z.array(z.string()), accountId: z.string(), workspaceId: z.string() });

const Answer = z.union([
  z.object({ prepared: Prepared }),
  z.object({ failed: z.object({ code: z.enum(instanceErrorCodes).optional(), message: z.string() }) }),
]);

/** A database to be made ready, and whom to make in it. */
export type PrepareJob = z.infer<typeof PrepareJob>;

/** The migrations that were applied, and the ids of what is in the database for sure. */
export type Prepared = z.infer<typeof Prepared>;

/** Makes a database ready. */
export type Prepare = (job: PrepareJob) => Promise<Prepared>;

/** Hands the job to a process of its own, on its standard input: it holds a password and a key. */
export async function prepareInChild(program: string, job: PrepareJob): Promise<Prepared> {
  const child = spawn(process.execPath, ["--enable-source-maps", program], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined); // it ended before it read: then there is no answer, which is told below
  child.stdin.end(JSON.stringify(job));
  const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answer = parseAnswer(said);
  if (!answer)
    throw new WeirInstanceError("prepare-failed", `The database could not be prepared: ${complaints.trim()}`);
  if ("prepared" in answer) return answer.prepared;
  const { code, message } = answer.failed;
  throw new WeirInstanceError(code ?? "prepare-failed", message);
}

/** The other end: reads the job from standard input, does it with `prepare`, and writes the answer. */
export async function answerPrepareJob(prepare: Prepare): Promise<void> {
  const job = PrepareJob.parse(JSON.parse(await text(process.stdin)));
  const answer: z.infer<typeof Answer> = await prepare(job).then(
    (prepared) => ({ prepared }),
    (error: unknown) => ({ failed: describe(error) }),
  );
  process.stdout.write(JSON.stringify(answer));
}

function describe(error: unknown) {
  if (error instanceof WeirInstanceError) return { code: error.code, message: error.message };
  return { message: `The database could not be prepared: ${error instanceof Error ? error.message : String(error)}` };
}

function parseAnswer(said: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.parse(JSON.parse(said));
  } catch {
    return undefined;
  }
}
