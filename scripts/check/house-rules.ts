import { docPaths } from "./doc-paths.ts";
import { envExampleIsCurrent } from "./env-example.ts";
import { grantsInAuth } from "./grants-in-auth.ts";
import { longFiles } from "./long-files.ts";
import { purePackages } from "./pure-packages.ts";
import { type HouseRule, readSourceFiles } from "./source-files.ts";
import { storesWithoutWorkspaceId } from "./stores-without-workspace-id.ts";
import { verbsInOperations } from "./verbs-in-operations.ts";

/** The rules of the house, but for the boundaries, which are a step of their own. */
export const houseRules: HouseRule[] = [
  longFiles,
  docPaths,
  verbsInOperations,
  purePackages,
  storesWithoutWorkspaceId,
  grantsInAuth,
  envExampleIsCurrent,
];

/** Checks these rules and prints each problem on a line. True when there is none. */
export function checkRules(rules: HouseRule[]): boolean {
  const files = readSourceFiles();
  const problems = rules.flatMap((rule) => rule.check(files).map((problem) => ({ rule: rule.name, ...problem })));
  for (const { rule, path, line, message } of problems) {
    console.error(`${path}${line === undefined ? "" : `:${line}`}  ${message}  (${rule})`);
  }
  return problems.length === 0;
}
