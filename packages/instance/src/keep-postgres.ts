import { type PostgresOptions, type RunningPostgres, startPostgres } from "./postgres.ts";
import { isAlive } from "./processes.ts";

const LOOK_EVERY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** Starts a private PostgreSQL and starts it again, on the same port, whenever it dies. `onDeath` is told in a sentence. */
export async function keepPostgres(
  options: PostgresOptions & { onDeath: (what: string) => void },
): Promise<Pick<RunningPostgres, "url" | "dir" | "adopted" | "stop">> {
  const first = await startPostgres(options);
  let current = first;
  let stopping = false;
  let reviving: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;

  const look = (afterMs: number) => {
    timer = setTimeout(() => {
      if (stopping) return;
      if (isAlive(current.pid)) return look(LOOK_EVERY_MS);
      options.onDeath("PostgreSQL died; starting it again");
      reviving = revive(afterMs);
    }, afterMs);
  };

  const revive = async (lastWaitMs: number) => {
    try {
      current = await startPostgres({ ...options, port: first.port });
      if (!stopping) look(LOOK_EVERY_MS);
    } catch (error) {
      options.onDeath(error instanceof Error ? error.message : String(error));
      if (!stopping) look(Math.min(lastWaitMs * 2, LAST_RETRY_MS));
    }
  };

  look(LOOK_EVERY_MS);
  return {
    url: first.url,
    dir: first.dir,
    adopted: first.adopted,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await reviving;
      await current.stop();
    },
  };
}
