import { WeirInstanceError } from "./errors.ts";
import { until } from "./processes.ts";

const TIMEOUT_MS = 90_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** A child that ends this often before it ever answered will not answer. */
const HOPELESS_AFTER = 3;

/** How often each child has ended so far, and its last words. */
export type Endings = Map<string, { times: number; reason: string; tail: string[] }>;

/** Waits until `url` answers 2xx. Throws "not-ready", with the end of its log, when the child behind it cannot. */
export async function waitUntilReady(
  name: string,
  url: string,
  endings: Endings,
  logFile: string,
  abort: AbortSignal,
): Promise<void> {
  const hopeless = () => (endings.get(name)?.times ?? 0) >= HOPELESS_AFTER;
  let ready = false;
  const settle = async () => {
    ready = await answers(url);
    return ready || hopeless() || abort.aborted;
  };
  await until(settle, TIMEOUT_MS, 100);
  abort.throwIfAborted();
  if (ready) return;
  const ending = endings.get(name);
  const why = ending ? `ends as soon as it is started (${ending.reason})` : `does not answer at ${url}`;
  const tail = ending ? `\n${ending.tail.map((line) => `    ${line}`).join("\n")}` : "";
  throw new WeirInstanceError("not-ready", `The ${name} ${why}. Its log is ${logFile}.${tail}`);
}

/** Whether a GET of this address is answered with a 2xx. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: "follow", signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
