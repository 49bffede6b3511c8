import { type Identity, identify } from "@weir/operations";
import { getServerSession } from "next-auth";
import { cache } from "react";
import { authOptions } from "./auth/options.ts";
import { personById } from "./auth/people.ts";
import { services } from "./services.ts";

/** Who is signed in and all they may reach, asked of the database once per request; `undefined` when nobody is. */
export const viewer = cache(async (): Promise<Identity | undefined> => {
  const session = await getServerSession(authOptions());
  const id = (session?.user as { id?: string } | undefined)?.id;
  if (!id) return undefined;
  const person = await personById(id);
  if (!person) return undefined;
  const { passwordHash: _, ...user } = person;
  return identify(services(), user);
});
