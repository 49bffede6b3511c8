import { codeOf, findAll, type HouseRule } from "./source-files.ts";

/** What Weir can do is defined in packages/operations and nowhere else: there permission and audit are part of it. */
export const verbsInOperations: HouseRule = {
  name: "verbs in operations only",
  check(files) {
    const elsewhere = codeOf(files).filter(
      ({ path }) => !path.startsWith("packages/operations/") && !path.startsWith("scripts/check/"),
    );
    return findAll(elsewhere, /\bdefineVerb\s*\(/g, () => "define verbs in packages/operations");
  },
};
