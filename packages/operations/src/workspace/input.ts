import { Text, WeirError } from "@weir/contracts";
import { z } from "zod";

/** Handles that are, or may become, a part of a path of ours. */
const RESERVED = new Set(
  "account accounts admin api auth billing filter health hooks login logout me new null permissions settings static undefined user users weir workspace workspaces".split(
    " ",
  ),
);

/** How a workspace is called in commands and addresses. */
export const Handle = z
  .string()
  .min(3, "A handle has at least 3 characters.")
  .max(40, "A handle has at most 40 characters.")
  .regex(/^[a-z0-9-]*$/, "A handle is made of lower-case letters, digits and dashes.")
  .refine((handle) => !RESERVED.has(handle), "This handle is reserved. Choose another one.");

/** A workspace's name. */
export const WorkspaceName = Text.refine((name) => name.trim() !== "", "A name must not be blank.").refine(
  (name) => name.length <= 5000,
  "String should have at most 5000 characters",
);

/** A workspace's description. */
export const Description = Text.refine((text) => text.length <= 5000, "String should have at most 5000 characters");

/** A 409 for a handle that another workspace of the account has. */
export function handleTaken(handle: string): WeirError {
  return new WeirError("conflict", `A workspace with the handle '${handle}' already exists in this account.`);
}

/** A 404 for a workspace that was deleted meanwhile. */
export function missingWorkspace(): WeirError {
  return new WeirError("missing", "Workspace not found");
}
