/**
 * What becomes of a schedule's dates that nobody was there for, because Weir or the workers were away: `skip` lets them
 * pass, `latest` runs the last of them alone, `all` runs them all, as far as they can be caught up with.
 */
export const catchUps = ["skip", "latest", "all"] as const;

/** One of `catchUps`. */
export type CatchUp = (typeof catchUps)[number];
