/** What kept the instance from starting. One word per cause, for tests and exit messages. */
export const instanceErrorCodes = [
  "already-running",
  "port-in-use",
  "data-damaged",
  "postgres-version",
  "no-space",
  "no-permission",
  "postgres-missing",
  "postgres-failed",
  "database-unreachable",
  "migration-failed",
  "newer-schema",
  "prepare-failed",
  "not-built",
  "not-ready",
] as const;

/** One of `instanceErrorCodes`. */
export type InstanceErrorCode = (typeof instanceErrorCodes)[number];

/** A reason not to run, said in words for the person who typed the command: what is wrong and what to do. */
export class WeirInstanceError extends Error {
  readonly code: InstanceErrorCode;

  constructor(code: InstanceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WeirInstanceError";
    this.code = code;
  }
}

/** The system's error code (`ENOENT`, `EACCES`…) of anything thrown, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** An error of the file system about the instance's folder, in a sentence; anything else as it is. */
export function explainFileTrouble(error: unknown, dir: string): unknown {
  switch (errnoOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new WeirInstanceError("no-space", `There is no disk space left for ${dir}. Free some and start again.`, {
        cause: error,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new WeirInstanceError(
        "no-permission",
        `This user may not write to ${dir}. Start Weir as the user who owns it, or choose another folder: WEIR_HOME=<folder>.`,
        { cause: error },
      );
    default:
      return error;
  }
}
