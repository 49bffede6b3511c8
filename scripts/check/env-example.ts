import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ENV_EXAMPLE, envExample } from "../env-example.ts";
import { type HouseRule, root } from "./source-files.ts";

/** `.env.example` says what the processes read. */
export const envExampleIsCurrent: HouseRule = {
  name: "env-example",
  check() {
    const path = join(root, ENV_EXAMPLE);
    if (existsSync(path) && readFileSync(path, "utf8") === envExample()) return [];
    return [{ path: ENV_EXAMPLE, message: "is not what the settings say; run npx tsx scripts/env-example.ts" }];
  },
};
