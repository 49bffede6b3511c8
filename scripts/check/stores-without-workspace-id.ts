import { codeOf, findAll, type HouseRule } from "./source-files.ts";

/** A store closes over the workspace of its grant. A method that takes a workspace id could be given another's. */
export const storesWithoutWorkspaceId: HouseRule = {
  name: "no workspace id in a store method",
  check(files) {
    const stores = codeOf(files).filter(
      ({ path }) => path.startsWith("packages/db/src/stores/") && !path.endsWith(".test.ts"),
    );
    const parameter = /[(,]\s*workspaceId\??\s*:\s*(string|\w*Id)\b/g;
    return findAll(stores, parameter, () => "a store method takes a workspaceId; open the store from a grant instead");
  },
};
