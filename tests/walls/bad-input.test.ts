import { describe, expect, test } from "vitest";
import { bodyFor } from "./harness/bodies.ts";
import { type AnyDoor, addressOf, everyDoor, hasBody, nameOf, paramsOf } from "./harness/doors.ts";
import { fingerprint } from "./harness/fingerprint.ts";
import { type Answer, isWellFormed, type Sent, send } from "./harness/send.ts";
import { wallsSuite } from "./harness/suite.ts";

const suite = wallsSuite();

/** Calls each door as the workspace's owner; tells of answers that are not as they should be, and of rows that changed. */
async function faults(
  doors: AnyDoor[],
  call: (door: AnyDoor) => Omit<Sent, "key" | "url"> & { url?: string },
  judge: (answer: Answer, door: AnyDoor) => boolean,
): Promise<string> {
  const before = await fingerprint(suite.database.db);
  const wrong: string[] = [];
  for (const door of doors) {
    const answer = await send({
      url: addressOf(door, suite.api.origin, suite.estate),
      ...call(door),
      key: suite.estate.owner.apiKey,
    });
    if (!judge(answer, door)) wrong.push(`${nameOf(door)} → ${answer.status} ${answer.text.slice(0, 300)}`);
  }
  // An answer that is wrong says more than the rows that it changed.
  if (wrong.length === 0) expect(await fingerprint(suite.database.db)).toEqual(before);
  return wrong.join("\n");
}

const isInvalid = (answer: Answer) => answer.status === 422 && isWellFormed(answer);

describe("a body that is not what a door reads", () => {
  test.each(["{", "{'name': 1}", '{"name": "x"', "nul", '{"a": 1}}', "\u0000", "[1,"])(
    "malformed: %j",
    async (body) => {
      const doors = everyDoor().filter((door) => hasBody(door));
      expect(await faults(doors, ({ method }) => ({ method, body }), isInvalid)).toBe("");
    },
  );

  test.each(["[]", "[1]", '"text"', "7", "true", "null", "[null]", '[{"a": {}}]', "{}"])(
    "of another kind: %s",
    async (body) => {
      // Doors that ask for nothing take anything, and some ask for nothing but a list.
      const doors = everyDoor().filter((door) => hasBody(door) && "verb" in door && !takes(door, body));
      expect(await faults(doors, ({ method }) => ({ method, body }), isInvalid)).toBe("");
    },
  );

  test("over 5 MiB: 413", async () => {
    const body = JSON.stringify({ name: "x".repeat(5_242_880) });
    const judge = (answer: Answer) => answer.status === 413 && isWellFormed(answer);
    expect(await faults(everyDoor().filter(hasBody), ({ method }) => ({ method, body }), judge)).toBe("");
  });

  test.each(["text/html", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])(
    "as %s: 415",
    async (contentType) => {
      const judge = (answer: Answer) => answer.status === 415 && isWellFormed(answer);
      const doors = everyDoor().filter((door) => hasBody(door));
      expect(await faults(doors, ({ method }) => ({ method, body: "{}", contentType }), judge)).toBe("");
    },
  );

  /** True when a body of this kind may be all that a door asks for. */
  function takes(door: AnyDoor, body: string): boolean {
    const asked = bodyFor(door, suite.estate);
    if (Array.isArray(asked)) return body === "[]" || (door.path.endsWith("/bulk") && body.startsWith("[{"));
    if (body === "null" || body === "{}") return true;
    return false;
  }
});

test("a method that a path does not have: 405", async () => {
  const judge = (answer: Answer) => answer.status === 405 && isWellFormed(answer);
  expect(await faults(everyDoor(), () => ({ method: "PUT" }), judge)).toBe("");
});

test("a path that is not there: 404", async () => {
  for (const path of [
    "/api/nothing",
    "/api/accounts/x/y",
    "/api/accounts//workspaces//flows/%00",
    "/api/%",
    "/api/flows/%ff",
  ]) {
    const answer = await send({ method: "GET", url: suite.api.origin + path, key: suite.estate.owner.apiKey });
    expect([path, [400, 404].includes(answer.status), isWellFormed(answer)]).toEqual([path, true, true]);
  }
});

test("paths and queries that hold anything are refused, or answered, but never fail", async () => {
  const doors = everyDoor().filter((door) => door.method === "GET" || door.method === "DELETE");
  const odd = [
    "\u0000",
    "a\u0000b",
    "%",
    "'\"\\",
    "x".repeat(4_000),
    "\ud83d\ude00",
    "-1",
    "1e400",
    "...",
    "null",
    "{}",
  ];
  for (const text of odd) {
    const params = doors.filter((door) => "verb" in door && paramsOf(door).length > 0);
    const wrong = await faults(
      params,
      (door) => {
        const given = Object.fromEntries(paramsOf(door).map((param) => [param, text]));
        return { method: door.method, url: addressOf(door, suite.api.origin, suite.estate, given) };
      },
      (answer) => answer.status >= 400 && answer.status < 500 && isWellFormed(answer),
    );
    expect(wrong).toBe("");
  }
  for (const text of odd) {
    const query = ["limit", "offset", "name", "flow_run_id", "task_run_id", "page-token", "permission", "sort"]
      .map((name) => `${name}=${encodeURIComponent(text)}`)
      .join("&");
    const wrong = await faults(
      doors.filter(({ method, path }) => method === "GET" && path !== "/ready"),
      (door) => ({ method: "GET", url: `${addressOf(door, suite.api.origin, suite.estate).split("?")[0]}?${query}` }),
      ({ status }) => status < 500,
    );
    expect(wrong).toBe("");
  }
});
