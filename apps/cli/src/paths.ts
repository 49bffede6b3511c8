import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository: three folders up, from `src/` and from the bundle in `dist/` alike. */
export const root = fileURLToPath(new URL("../../../", import.meta.url)).replace(/\/$/, "");

/** The instance's folder. */
export function instanceDir(home: string | undefined): string {
  return home ?? join(root, ".weir");
}
