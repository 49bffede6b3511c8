import { WeirError } from "@weir/contracts";

/** How many days history of a new workspace is kept. */
export const RETENTION_DAYS = 30;

/** A 404 for an account that is not there, or no longer. */
export function missingAccount(): WeirError {
  return new WeirError("missing", "Account not found");
}
