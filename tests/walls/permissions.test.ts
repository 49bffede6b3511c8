import { accountRolePermissions, workspaceRoleScopes } from "@weir/auth";
import { accountRoles, workspaceRoles } from "@weir/contracts";
import { forgetVerdicts } from "@weir/operations";
import { aWorkspace } from "@weir/testing";
import { expect, test } from "vitest";
import { type Door, publishedDoors } from "../../apps/api/src/door.ts";
import { bodyFor } from "./harness/bodies.ts";
import { addressOf, nameOf } from "./harness/doors.ts";
import { fingerprint } from "./harness/fingerprint.ts";
import { type Answer, sendJson } from "./harness/send.ts";
import { wallsSuite } from "./harness/suite.ts";

const suite = wallsSuite();

const everyRole = [
  ...workspaceRoles.map((role) => ({ kind: "workspace" as const, role })),
  ...accountRoles.map((role) => ({ kind: "account" as const, role })),
];
type Role = (typeof everyRole)[number];

function may({ kind, role }: Role, permission: string): boolean {
  const allowed: ReadonlySet<string> = kind === "workspace" ? workspaceRoleScopes[role] : accountRolePermissions[role];
  return allowed.has(permission);
}

test("who may do what is as it was committed", async () => {
  const verbs = new Map(publishedDoors().map((door) => [door.verb, door]));
  const lines = [...verbs.values()]
    .sort((a, b) => (`${a.scope} ${a.verb}` < `${b.scope} ${b.verb}` ? -1 : 1))
    .map(({ verb, permission, scope }) => {
      const roles = everyRole.filter((role) => role.kind === scope && may(role, permission)).map(({ role }) => role);
      return [
        verb.padEnd(34),
        permission.padEnd(27),
        scope === "user" ? "everyone, of their own" : roles.join(" "),
      ].join(" ");
    });
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("permissions.snapshot");
});

test.each(everyRole)(
  "the $kind role $role is refused what it may not do, at the door, and nothing changes",
  async (role) => {
    const key = await keyOf(role);
    const before = await fingerprint(suite.database.db);
    const wrong: string[] = [];
    for (const door of publishedDoors().filter(({ scope }) => scope === role.kind)) {
      if (may(role, door.permission)) continue;
      const answer = await call(door, key);
      if (!isRefusal(answer, door)) wrong.push(`${nameOf(door)} → ${answer.status} ${answer.text}`);
    }
    expect(wrong).toEqual([]);
    expect(await fingerprint(suite.database.db)).toEqual(before);
  },
);

test.each(everyRole)("the $kind role $role passes the door of what it may do", async (role) => {
  const key = await keyOf(role);
  const wrong: string[] = [];
  for (const door of publishedDoors().filter(({ scope, method }) => scope === role.kind && method !== "DELETE")) {
    if (!may(role, door.permission)) continue;
    const answer = await call(door, key);
    if (isRefusal(answer, door) || answer.status >= 500)
      wrong.push(`${nameOf(door)} → ${answer.status} ${answer.text}`);
  }
  expect(wrong).toEqual([]);
});

function call(door: Door, key: string): Promise<Answer> {
  return sendJson(door.method, addressOf(door, suite.api.origin, suite.estate), key, bodyFor(door, suite.estate));
}

function isRefusal({ status, text }: Answer, { permission }: Door): boolean {
  return status === 403 && text.includes(`needs the permission ${permission}`);
}

/** A key of somebody with that role in the suite.estate. */
async function keyOf({ kind, role }: Role): Promise<string> {
  const { prisma } = suite.database.db;
  const { apiKey, userId } = await aWorkspace(suite.database.services);
  const now = new Date();
  const { accountId, workspaceId } = suite.estate.owner;
  const row = { id: crypto.randomUUID(), created: now, updated: now, userId };
  await prisma.membership.create({ data: { ...row, accountId, role: kind === "account" ? role : "Member" } });
  if (kind === "workspace") await prisma.workspaceAccess.create({ data: { ...row, workspaceId, role } });
  forgetVerdicts(suite.database.services);
  return apiKey;
}
