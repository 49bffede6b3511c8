import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The repository's root. */
const repoRoot = join(here, "../../..");

/** Where the Python flows are. */
export const scenariosDir = join(here, "../scenarios");

/** Small Python programs of the harness itself. */
export const harnessDir = here;

/** The folder of the `prefect` and `python` that tests run: `WEIR_PREFECT_BIN`, else the one that `npm test` prepares. */
export function prefectBin(): string {
  return withPrefect(process.env.WEIR_PREFECT_BIN ?? join(repoRoot, ".cache/prefect-venv/bin"));
}

/** The same of an older release, `3.4` or `2`. */
export function olderBin(release: string): string {
  return withPrefect(join(repoRoot, `.cache/prefect-${release}-venv/bin`));
}

function withPrefect(bin: string): string {
  if (existsSync(join(bin, "prefect"))) return bin;
  throw new Error(
    `There is no prefect in ${bin}. Run "npm test" once, or set WEIR_PREFECT_BIN to a venv's bin folder for the newest.`,
  );
}

/** A new folder below `root` that nobody else uses. */
export function freshDir(root: string, label: string): string {
  return mkdtempSync(join(root, `${label}-`));
}

/** The folder of one run of these tests, for everything they write. */
export function newRoot(): string {
  return mkdtempSync(join(tmpdir(), "weir-clients-"));
}
