/** Seconds after which a run that was told to cancel, and did not, is cancelled all the same. */
export const CANCELLING_SECONDS = 300;
