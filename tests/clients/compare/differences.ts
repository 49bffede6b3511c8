/**
 * One way in which Weir may differ from Prefect's own server. `where` says in which `group mode section` it occurs
 * (`flows cloud clients-etl #1`), `what` how it reads. One that no longer occurs there fails the tests: take it out.
 */
export type Difference = { where: RegExp; what: RegExp; because: string };

/** The differences we know of and keep, each for a reason. */
export const differences: Difference[] = [];
