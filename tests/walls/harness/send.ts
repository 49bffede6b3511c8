/** A request as it goes onto the wire: `body` is its text. */
export type Sent = { method: string; url: string; key?: string; body?: string; contentType?: string };

/** An answer as it came. */
export type Answer = { status: number; text: string; headers: Headers };

/** Sends a request and reads the whole answer. */
export async function send({ method, url, key, body, contentType = "application/json" }: Sent): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": contentType }),
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Sends JSON. */
export function sendJson(method: string, url: string, key: string, body?: unknown): Promise<Answer> {
  return send({ method, url, key, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

/** A refusal as clients read it: JSON, with its text where they look for it. */
export function isWellFormed({ status, text, headers }: Answer): boolean {
  if (!headers.get("content-type")?.startsWith("application/json")) return false;
  const body = JSON.parse(text) as Record<string, unknown>;
  if (status !== 422) return typeof body.detail === "string" || typeof body.exception_message === "string";
  if (typeof body.detail === "string") return true;
  const issues = body.exception_detail as { loc: unknown; msg: unknown; type: unknown }[];
  return (
    body.exception_message === "Invalid request received." &&
    "request_body" in body &&
    issues.length > 0 &&
    issues.every(({ loc, msg, type }) => Array.isArray(loc) && typeof msg === "string" && typeof type === "string")
  );
}
