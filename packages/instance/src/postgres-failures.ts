import { errnoOf, WeirInstanceError } from "./errors.ts";

/** What PostgreSQL says of a folder whose files are missing or not what they were. */
const DAMAGE =
  /PANIC:|checkpoint record|checksum|incompatible with server|not a valid data directory|invalid data in|could not (open|read|access|stat|find) (the )?(file|directory|configuration|relation)|ENOENT/;

/** Turns what PostgreSQL or the system said when it did not start into one sentence and what to do. */
export function explainPostgresFailure(output: string, dir: string, cause?: unknown): WeirInstanceError {
  const said = lastComplaint(output);
  const code = errnoOf(cause);
  if (code === "ENOSPC" || /no space left on device|disk quota exceeded/i.test(output)) {
    return new WeirInstanceError(
      "no-space",
      `There is no disk space left for the database in ${dir}. Free some and start again.`,
      {
        cause,
      },
    );
  }
  if (
    code === "EACCES" ||
    code === "EPERM" ||
    code === "EROFS" ||
    /permission denied|wrong ownership|invalid permissions|read-only file system/i.test(output)
  ) {
    return new WeirInstanceError(
      "no-permission",
      `The database folder ${dir} may not be used by this user${said}. Start Weir as the user who owns it, or give it to this one.`,
      { cause },
    );
  }
  if (DAMAGE.test(output)) return damaged(dir, said, cause);
  const why = said === "" ? " in time" : said;
  return new WeirInstanceError(
    "postgres-failed",
    `PostgreSQL did not start on ${dir}${why}. Its log is postgres.log beside that folder.`,
    { cause },
  );
}

/** The data folder cannot be read as a database. */
export function damaged(dir: string, said: string, cause?: unknown): WeirInstanceError {
  return new WeirInstanceError(
    "data-damaged",
    `The database folder ${dir} is damaged${said}. Put a backup in its place, or move it away to start with an empty one; nothing was changed.`,
    { cause },
  );
}

/** The data folder was written by another major version of PostgreSQL. */
export function otherVersion(dir: string, found: string, ours: string): WeirInstanceError {
  return new WeirInstanceError(
    "postgres-version",
    `The database folder ${dir} belongs to PostgreSQL ${found}, this Weir brings PostgreSQL ${ours}. Use the Weir it was made with, or dump it with pg_dump ${found} and restore it into a new folder; nothing was changed.`,
  );
}

function lastComplaint(output: string): string {
  const lines = output.split("\n").filter((line) => /(FATAL|PANIC|error):/i.test(line));
  const text = lines
    .at(-1)
    ?.replace(/^.*?(?:FATAL|PANIC|error):\s*/i, "")
    .trim();
  return text ? `: PostgreSQL says "${text}"` : "";
}
