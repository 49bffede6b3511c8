import type { Identity } from "@weir/operations";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { type Place, paths } from "../paths.ts";
import { viewer } from "./session.ts";
import { reachable } from "./trpc.ts";

/** Who is signed in; otherwise the way leads to the sign-in, and back to `next`. */
export async function requireViewer(next: string): Promise<Identity> {
  await headers(); // Pages depend on who asks: never drawn ahead.
  return (await viewer()) ?? redirect(paths.login(next));
}

/** Who is signed in, inside this workspace. A workspace they may not enter is not found. */
export async function requirePlace(place: Place, next: string): Promise<Identity> {
  const identity = await requireViewer(next);
  if (!reachable(identity, place)) notFound();
  return identity;
}

/** What the shell shows of an identity. */
export function shellOf({ user, workspaces }: Identity) {
  return {
    user: { name: [user.firstName, user.lastName].filter(Boolean).join(" ") || user.handle, email: user.email },
    choices: workspaces.map((one) => ({
      account: one.accountHandle,
      accountName: one.accountName,
      workspace: one.workspaceHandle,
      workspaceName: one.workspaceName,
    })),
  };
}
