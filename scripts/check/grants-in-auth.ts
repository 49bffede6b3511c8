import { codeOf, findAll, type HouseRule } from "./source-files.ts";

/** A grant is proof of permission: only packages/auth may make one by a cast. */
export const grantsInAuth: HouseRule = {
  name: "grants from auth only",
  check(files) {
    const elsewhere = codeOf(files).filter(
      ({ path }) => !path.startsWith("packages/auth/") && !path.startsWith("scripts/check/"),
    );
    return findAll(
      elsewhere,
      /\bas (unknown as )?\w*Grant\b/g,
      (match) => `"${match}": only packages/auth makes grants`,
    );
  },
};
