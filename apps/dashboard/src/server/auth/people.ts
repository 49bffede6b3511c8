import type { UserId } from "@weir/contracts";
import type { Identity } from "@weir/operations";
import type { Adapter, AdapterUser } from "next-auth/adapters";
import { services } from "../services.ts";

type Person = Identity["user"] & { passwordHash: string | null };

/** The user of an address, in any case; `undefined` when there is none. */
export async function personByEmail(email: string): Promise<Person | undefined> {
  const { prisma } = services().db;
  const row = await prisma.user.findFirst({ where: { email: { equals: email.trim(), mode: "insensitive" } } });
  return row ? { ...row, id: row.id as UserId } : undefined;
}

/** The user of an id; `undefined` when there is none any more. */
export async function personById(id: string): Promise<Person | undefined> {
  const row = await services().db.prisma.user.findUnique({ where: { id } });
  return row ? { ...row, id: row.id as UserId } : undefined;
}

/** What NextAuth needs to sign people in by mail: users are only looked up here, never made. */
export function mailAdapter(): Adapter {
  const { prisma } = services().db;
  return {
    getUser: async (id) => adapted(await personById(id)),
    getUserByEmail: async (email) => adapted(await personByEmail(email)),
    getUserByAccount: () => null,
    createUser: () => {
      throw new Error("Nobody signs up by signing in.");
    },
    async updateUser({ id, emailVerified }) {
      if (emailVerified) await prisma.user.update({ where: { id }, data: { emailVerified } });
      const user = adapted(await personById(id));
      if (!user) throw new Error("The user is gone.");
      return user;
    },
    async createVerificationToken(token) {
      await prisma.verificationToken.create({ data: token });
      return token;
    },
    async useVerificationToken({ identifier, token }) {
      const used = await prisma.verificationToken.findUnique({ where: { identifier_token: { identifier, token } } });
      const { count } = await prisma.verificationToken.deleteMany({ where: { identifier, token } });
      return count > 0 ? used : null;
    },
  };
}

function adapted(person: Person | undefined): AdapterUser | null {
  return person ? { id: person.id, email: person.email, name: person.handle, emailVerified: null } : null;
}
