/** Whether a client's version (`3.4.11`, `3.0.0rc20`) is of before a release; false for a client that tells none. */
export function isBefore(version: string | undefined, release: readonly [number, number, number]): boolean {
  if (version === undefined) return false;
  const parts = version.split(".").map((part) => Number.parseInt(part, 10));
  for (const [at, of] of release.entries()) {
    const part = parts[at] ?? 0;
    if (part !== of) return part < of;
  }
  return false;
}
