import { codeOf, findAll, type HouseRule } from "./source-files.ts";

const PURE = /^packages\/(core|auth|events|contracts)\/src\//;

/** The functional core has no clock, no randomness and no environment: time and facts are arguments. `new Date(ms)` reads no clock. */
export const purePackages: HouseRule = {
  name: "pure packages",
  check(files) {
    const pure = codeOf(files).filter(({ path }) => PURE.test(path) && !path.endsWith(".test.ts"));
    const impure =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\brandomUUID\b|\bprocess\.env\b|\bTemporal\.Now\b/g;
    return findAll(pure, impure, (match) => `"${match}" in a pure package; take it as an argument`);
  },
};
