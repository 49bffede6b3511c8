/**
 * Every fault a caller can be told of: HTTP status, whether the client's own retries help, and the exit code of our CLI.
 * `wire` says which key of the body carries the text: clients match on both spellings.
 */
export const errorCodes = {
  unauthenticated: { status: 401, retryable: false, exitCode: 3, wire: "exception_message" },
  forbidden: { status: 403, retryable: false, exitCode: 3, wire: "detail" },
  missing: { status: 404, retryable: false, exitCode: 4, wire: "detail" },
  /** As missing, where Prefect's server tells of it from below its routes: a proposed state of no run. */
  not_found: { status: 404, retryable: false, exitCode: 4, wire: "exception_message" },
  method_not_allowed: { status: 405, retryable: false, exitCode: 2, wire: "detail" },
  conflict: { status: 409, retryable: false, exitCode: 5, wire: "detail" },
  gone: { status: 410, retryable: false, exitCode: 4, wire: "detail" },
  bad_request: { status: 400, retryable: false, exitCode: 2, wire: "detail" },
  invalid: { status: 422, retryable: false, exitCode: 2, wire: "detail" },
  too_large: { status: 413, retryable: false, exitCode: 2, wire: "detail" },
  unsupported_media: { status: 415, retryable: false, exitCode: 2, wire: "detail" },
  /** No slot is free: come back after `Retry-After`. */
  locked: { status: 423, retryable: true, exitCode: 6, wire: "detail" },
  rate_limited: { status: 429, retryable: true, exitCode: 6, wire: "detail" },
  /** Too busy, or the database did not answer in time: nothing was changed, ask again. */
  unavailable: { status: 503, retryable: true, exitCode: 6, wire: "exception_message" },
  internal: { status: 500, retryable: false, exitCode: 1, wire: "exception_message" },
} as const;

/** A key of `errorCodes`. */
export type ErrorCode = keyof typeof errorCodes;

/** One thing wrong with a request, where it is (`["body", "state", "type"]`) and FastAPI's kind of it. */
export type Issue = { loc: (string | number)[]; msg: string; type: string };

type Extra = { cause?: unknown; retryAfterSeconds?: number; issues?: Issue[]; cost?: number };

const WEIR_ERROR = Symbol.for("weir.WeirError");

/** A fault whose message may be shown to the caller: it says what happened and what to do. */
export class WeirError extends Error {
  readonly retryAfterSeconds: number | undefined;
  readonly issues: Issue[] | undefined;
  /** What it took to find out, in calls of an account's allowance, beside the call itself. */
  readonly cost: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extra: Extra = {},
  ) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = "WeirError";
    this.retryAfterSeconds = extra.retryAfterSeconds;
    this.issues = extra.issues;
    this.cost = extra.cost ?? 0;
  }

  /** Bundles in one process may have a copy of this class each: what one of them throws is known to all. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && WEIR_ERROR in value;
  }

  get [WEIR_ERROR](): true {
    return true;
  }

  /** HTTP status of this fault. */
  get status(): number {
    return errorCodes[this.code].status;
  }
}

/** A 404 for a noun: `Flow run not found`. Another tenant's row is answered with the same words. */
export function notFound(noun: string): WeirError {
  return new WeirError("missing", `${noun} not found`);
}
