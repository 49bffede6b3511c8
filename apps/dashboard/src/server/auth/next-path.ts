/**
 * The path to return to after sign-in, when `next` is one of this origin: it begins with a single slash, and resolves to
 * this origin however a browser reads it. Anything else is `undefined`.
 */
export function safeNext(next: string | null | undefined): string | undefined {
  if (!next?.startsWith("/") || [...next].some((letter) => letter < " " || letter === "\\")) return undefined;
  const here = "http://weir.invalid";
  try {
    const url = new URL(next, here);
    // Two slashes that only appear after dots are resolved would name another host to the next reader.
    if (url.origin !== here || url.pathname.startsWith("//") || next.startsWith("//")) return undefined;
    return url.pathname + url.search + url.hash;
  } catch {
    return undefined;
  }
}
