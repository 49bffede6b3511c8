const PAUSE_MS = 100;

/**
 * Asks `look` until it gives something other than `undefined` or `false`, and returns that. Throws after `withinMs`,
 * saying what was waited for and, where `look` kept throwing, what it last said.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${withinMs} ms in vain: ${what}${last ? ` (${String(last)})` : ""}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
