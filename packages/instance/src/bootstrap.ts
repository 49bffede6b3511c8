/** Makes the local account, user, workspace and key unless they are there, and returns the ids. */
export type Bootstrap = (
  db: { url: string },
  input: { email: string; password: string; apiKey: string; accountHandle: string; workspaceHandle: string },
) => Promise<{ accountId: string; workspaceId: string }>;

/** Weir's own. Loaded when wanted: a test that needs nothing but a PostgreSQL does not load all that Weir can do. */
export const bootstrapWeir: Bootstrap = async (db, input) => {
  const { bootstrapLocalInstance } = await import("@weir/operations");
  return bootstrapLocalInstance(db, input);
};
