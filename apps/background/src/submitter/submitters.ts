import type { Submitter } from "@weir/operations";

/**
 * Who starts the runs of push and managed pools, one for each type; `submittedTypes` of `@weir/operations` names the same.
 * None yet: a submitter signs in to a cloud, and the blocks that hold such credentials are not there, nor is a key for the
 * runs that it starts. How to add one: docs/architecture.md.
 */
export const submitters: readonly Submitter[] = [];
