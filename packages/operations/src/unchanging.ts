/** An answer with what it goes by; no body: the reader has it already. No etag: it cannot be told from the next one. */
export type Unchanging<T> = { etag: string | undefined; body: T | undefined };

/** Whether a reader who sends this `If-None-Match` has what goes by `etag`. */
export function isSeen(etag: string | undefined, ifNoneMatch: string | undefined): boolean {
  if (etag === undefined || ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some(
    (one) =>
      one
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1") === etag,
  );
}
