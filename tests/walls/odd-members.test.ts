import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bodyFor } from "./harness/bodies.ts";
import { type AnyDoor, addressOf, everyDoor, hasBody, nameOf } from "./harness/doors.ts";
import { fingerprint } from "./harness/fingerprint.ts";
import { isWellFormed, send } from "./harness/send.ts";
import { wallsSuite } from "./harness/suite.ts";

const suite = wallsSuite();

/** What stands in for one member of a good body. */
const odd: Record<string, unknown> = {
  null: null,
  true: true,
  "a huge number": 1e308,
  "beyond 64 bits": 2 ** 63,
  "beyond 32 bits": 2_147_483_648,
  "a negative number": -1,
  "a fraction": 0.5,
  "the empty text": "",
  "a NUL": "a\u0000b",
  "half a character": "\ud800",
  "a megabyte of text": randomBytes(500_000).toString("hex"),
  "4,000 characters of text": randomBytes(2_000).toString("hex"),
  "an instant out of range": "999999-01-01T00:00:00Z",
  "the empty list": [],
  "a list of the odd": [null, 1, "\u0000", {}, [[]]],
  "a list of NUL": ["\u0000"],
  "the empty object": {},
  "an object of the odd": {
    any_: ["\u0000"],
    like_: "\u0000",
    ge_: 1e308,
    type: "\u0000",
    a: "\u0000",
    "\u0000": "\u0000",
  },
  "deep nesting": JSON.parse("[".repeat(2_000) + "]".repeat(2_000)),
};

const membersOf = (body: unknown): Record<string, unknown> =>
  (Array.isArray(body) ? body[0] : body) as Record<string, unknown>;

describe("one member of a good body that is odd is refused in the wire's shape, or kept, but never fails", () => {
  test.each(Object.keys(odd))(
    "%s",
    async (kind) => {
      const wrong: string[] = [];
      const refused: { door: AnyDoor; body: string }[] = [];
      const call = (door: AnyDoor, body: string) =>
        send({
          method: door.method,
          url: addressOf(door, suite.api.origin, suite.estate),
          key: suite.estate.owner.apiKey,
          body,
        });
      for (const door of everyDoor().filter(
        (one) => hasBody(one) && "verb" in one && !one.path.includes("bulk_delete"),
      )) {
        const good = bodyFor(door, suite.estate);
        const calls = Object.keys(membersOf(good)).map(async (member) => {
          // Fresh names each time, so that a conflict is not what refuses it.
          const changed = { ...membersOf(bodyFor(door, suite.estate)), [member]: odd[kind] };
          const body = JSON.stringify(Array.isArray(good) ? [changed] : changed);
          const answer = await call(door, body);
          // What was not there may be by now, made under the odd name: 404 is no lasting refusal.
          if (answer.status >= 400 && answer.status !== 404) refused.push({ door, body });
          if (answer.status >= 500 || (answer.status >= 400 && !isWellFormed(answer))) {
            wrong.push(`${nameOf(door)} ${member} → ${answer.status} ${answer.text.slice(0, 200)}`);
          }
        });
        await Promise.all(calls);
      }
      expect(wrong.join("\n")).toBe("");
      const before = await fingerprint(suite.database.db);
      for (const { door, body } of refused) await call(door, body);
      expect(await fingerprint(suite.database.db)).toEqual(before);
    },
    120_000,
  );
});
