/**
 * Milliseconds of processor time that this process, the API of a test within, spends until `work` is done. Unlike the clock
 * it says the same on a busy machine, so a test may hold something to it.
 */
export async function processorMs(work: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
