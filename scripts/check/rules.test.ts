import { expect, test } from "vitest";
import { boundaries } from "./boundaries.ts";
import { docPaths } from "./doc-paths.ts";
import { grantsInAuth } from "./grants-in-auth.ts";
import { longFiles } from "./long-files.ts";
import { purePackages } from "./pure-packages.ts";
import type { HouseRule, SourceFile } from "./source-files.ts";
import { storesWithoutWorkspaceId } from "./stores-without-workspace-id.ts";
import { verbsInOperations } from "./verbs-in-operations.ts";

/** What a rule says of one file. */
function say(rule: HouseRule, path: string, text: string): string[] {
  const file: SourceFile = { path, text };
  return rule.check([file]).map((problem) => problem.message);
}

const refused: [string, HouseRule, string, string][] = [
  ["an arrow that points up", boundaries, "packages/core/src/a.ts", 'import { x } from "@weir/db";'],
  ["an import from inside a package", boundaries, "apps/api/src/a.ts", 'import { x } from "@weir/db/src/x.ts";'],
  [
    "a relative import of another package",
    boundaries,
    "apps/api/src/a.ts",
    'import { x } from "../../../packages/db/x.ts";',
  ],
  ["a dynamic import that points up", boundaries, "packages/core/src/a.ts", 'await import("@weir/operations");'],
  ["SQL outside the database's package", boundaries, "packages/operations/src/a.ts", 'import pg from "pg";'],
  ["React outside the dashboard", boundaries, "packages/core/src/a.ts", 'import { useState } from "react";'],
  ["a room without arrows", boundaries, "packages/new/src/a.ts", 'import { x } from "@weir/contracts";'],
  ["no import at all: the check is blind", boundaries, "packages/core/src/a.ts", "export const a = 1;"],
  ["a clock in the core", purePackages, "packages/core/src/a.ts", "const now = Date.now();"],
  ["a verb in an app", verbsInOperations, "apps/api/src/a.ts", "export const x = defineVerb({});"],
  ["a forged grant", grantsInAuth, "apps/api/src/a.ts", "const grant = {} as unknown as WorkspaceGrant;"],
  [
    "a store method with a workspace id",
    storesWithoutWorkspaceId,
    "packages/db/src/stores/a.ts",
    "async get(workspaceId: string, id: string) {}",
  ],
  ["a file of 401 lines", longFiles, "packages/core/src/a.ts", "x\n".repeat(401)],
  ["a path that is gone", docPaths, "docs/a.md", "See `packages/core/src/no-such-file.ts`."],
  ["a link that leads nowhere", docPaths, "docs/a.md", "See [this](./no-such-file.md)."],
];

test.each(refused)("refused: %s", (_, rule, path, text) => {
  expect(say(rule, path, text)).toHaveLength(1);
});

const accepted: [string, HouseRule, string, string][] = [
  ["an arrow that points down", boundaries, "packages/core/src/a.ts", 'import { x } from "@weir/contracts";'],
  ["a date made from an argument", purePackages, "packages/core/src/a.ts", "const date = new Date(millis);"],
  ["a clock in a comment", purePackages, "packages/core/src/a.ts", "// not Date.now()"],
  [
    "a store that closes over its workspace",
    storesWithoutWorkspaceId,
    "packages/db/src/stores/a.ts",
    "f({ workspaceId: ws, id })",
  ],
  ["a path that is there", docPaths, "docs/a.md", "See `scripts/check.ts` and `packages/<name>/src`."],
  ["a path that a build makes", docPaths, "docs/a.md", "See `apps/cli/dist/weir.mjs`."],
];

test.each(accepted)("accepted: %s", (_, rule, path, text) => {
  expect(say(rule, path, text)).toEqual([]);
});
