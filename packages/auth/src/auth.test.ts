import type { AccountId, UserId, WorkspaceId } from "@weir/contracts";
import { expect, test } from "vitest";
import { bearerKey, keyOfAuthString, userApiKey } from "./api-keys.ts";
import { type Actor, grantWorkspace } from "./grants.ts";
import { workspaceRoleScopes } from "./roles.ts";

const actor: Actor = { kind: "user", id: "u" as UserId, actorId: "a", name: "ada", apiKeyId: null };
const standing = { accountId: "a" as AccountId, workspaceId: "w" as WorkspaceId, retentionDays: 30 };

test.each([
  ["Owner", null, "Owner"],
  ["Admin", "Viewer", "Owner"],
  ["Member", "Runner", "Runner"],
  ["Member", null, undefined],
  [null, "Owner", undefined],
] as const)("an account %s with the workspace role %s enters as %s", (accountRole, workspaceRole, role) => {
  expect(grantWorkspace(actor, { ...standing, accountRole, workspaceRole })?.role).toBe(role);
});

test("a viewer sees and changes nothing, a worker runs but does not manage flows", () => {
  expect([...workspaceRoleScopes.Viewer].every((scope) => scope.startsWith("see_"))).toBe(true);
  expect(workspaceRoleScopes.Worker.has("run_flows")).toBe(true);
  expect(workspaceRoleScopes.Worker.has("manage_flows")).toBe(false);
});

test("a key has its prefix and 256 bits, and needs enough randomness", () => {
  expect(userApiKey(new Uint8Array(64).map((_, index) => index * 3))).toMatch(/^pnu_[0-9A-Za-z]{43}$/);
  expect(() => userApiKey(new Uint8Array(10))).toThrow();
});

test.each([
  ["Bearer pnu_x", "pnu_x"],
  ["bearer pnu_x", "pnu_x"],
  [`Basic ${Buffer.from("me:pnu_x").toString("base64")}`, "pnu_x"],
  ["Bearer ", undefined],
  ["Digest pnu_x", undefined],
  [undefined, undefined],
])("the key of %j is %j", (header, key) => {
  expect(bearerKey(header)).toBe(key);
});

test("an auth string may be the key alone", () => {
  expect(keyOfAuthString("pnb_1")).toBe("pnb_1");
  expect(keyOfAuthString(":pnu_1")).toBe("pnu_1");
  expect(keyOfAuthString("admin:pass")).toBe("admin:pass");
});
