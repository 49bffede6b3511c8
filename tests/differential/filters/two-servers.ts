/** A thing's name in these tests; its id is each server's own. */
export type Key = string;

/** One of the two servers, and what its ids are called. */
export type Server = {
  name: "weir" | "peer";
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  ids: Map<Key, string>;
  keys: Map<string, Key>;
};

/** A server at an address. */
export function aServer(name: Server["name"], url: string, key?: string): Server {
  return {
    name,
    ids: new Map(),
    keys: new Map(),
    async call(method, path, body) {
      const answer = await fetch(url + path, {
        method,
        headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
}

/** Stands in a body for the id that a thing has on the server that is asked. */
export const idOf = (key: Key) => ({ $id: key });

/** A body as `server` must be told it. */
export function told(server: Server, body: unknown): unknown {
  if (Array.isArray(body)) return body.map((one) => told(server, one));
  if (typeof body !== "object" || body === null) return body;
  if ("$id" in body) return server.ids.get(String(body.$id)) ?? NOBODY;
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, told(server, value)]));
}

/** An id that nothing has. */
const NOBODY = "00000000-0000-4000-8000-000000000000";
