/** What JSON holds. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };

/** A server's REST API at the address where a client finds flows, runs and deployments. */
export type Rest = {
  get(path: string): Promise<Json>;
  post(path: string, body?: Json): Promise<Json>;
  delete(path: string): Promise<void>;
  /** Asks a `/filter` route page by page until the last. */
  all(path: string, body: JsonObject): Promise<JsonObject[]>;
};

const PAGE = 200;

/** `baseUrl` is what a client has in PREFECT_API_URL; `apiKey` is sent as a bearer where there is one. */
export function rest(baseUrl: string, apiKey?: string): Rest {
  async function call(method: string, path: string, body?: Json): Promise<Json> {
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`;
    const answer = await fetch(baseUrl + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    return text === "" ? null : parse(text);
  }
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body ?? {}),
    async delete(path) {
      await call("DELETE", path);
    },
    async all(path, body) {
      const rows: JsonObject[] = [];
      for (;;) {
        const page = list(await call("POST", path, { ...body, limit: PAGE, offset: rows.length }));
        rows.push(...page);
        if (page.length < PAGE) return rows;
      }
    },
  };
}

/** Reads JSON. */
export function parse(json: string): Json {
  return JSON.parse(json) as Json; // it gives nothing else
}

/** `value` as an object; throws where it is something else, which shows a server off the wire's shape. */
export function object(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Error(`Expected a JSON object, got ${JSON.stringify(value)}`);
  }
  return value;
}

/** `value` as a list of objects. */
export function list(value: Json | undefined): JsonObject[] {
  if (!Array.isArray(value)) throw new Error(`Expected a JSON list, got ${JSON.stringify(value)}`);
  return value.map(object);
}

/** `value` as text; null and undefined are the empty text. */
export function text(value: Json | undefined): string {
  return value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}
