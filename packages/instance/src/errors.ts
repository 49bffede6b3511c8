/** What kept the instance from starting. One word per cause, for tests and exit messages. */
export type InstanceErrorCode =
  | "already-running"
  | "port-in-use"
  | "data-damaged"
  | "postgres-version"
  | "no-space"
  | "no-permission"
  | "postgres-missing"
  | "postgres-failed"
  | "database-unreachable"
  | "migration-failed"
  | "newer-schema"
  | "not-built"
  | "not-ready";

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
