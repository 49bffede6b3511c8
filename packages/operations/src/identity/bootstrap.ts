import { maintainPartitions, openDb } from "@weir/db";
import { systemClock } from "../clock.ts";
import { newId } from "../ids.ts";
import { hashKey } from "./authenticate.ts";
import { hashPassword } from "./password.ts";

/** What the one local account is made of. The API key and password are kept by the instance, not here. */
export type LocalInstance = {
  email: string;
  password: string;
  apiKey: string;
  accountHandle: string;
  workspaceHandle: string;
};

/**
 * Makes sure that a local instance has its account, workspace, user and API key, and the partitions of the next days.
 * Running it again changes nothing but a password or key that the instance no longer holds.
 */
export async function bootstrapLocalInstance(
  { url }: { url: string },
  input: LocalInstance,
): Promise<{ accountId: string; workspaceId: string }> {
  const db = openDb({ url, connections: 2, hotConnections: 1 });
  try {
    const clock = systemClock();
    const now = new Date(clock() / 1000);
    const stamp = { created: now, updated: now };
    const id = () => newId(clock());
    const account = await db.prisma.account.upsert({
      where: { handle: input.accountHandle },
      update: {},
      create: { id: id(), ...stamp, name: "Local", handle: input.accountHandle },
    });
    const workspace = await db.prisma.workspace.upsert({
      where: { accountId_handle: { accountId: account.id, handle: input.workspaceHandle } },
      update: {},
      create: {
        id: id(),
        ...stamp,
        accountId: account.id,
        name: "Default",
        handle: input.workspaceHandle,
        description: "",
      },
    });
    const passwordHash = await hashPassword(input.password);
    const user = await db.prisma.user.upsert({
      where: { email: input.email },
      update: { passwordHash },
      create: {
        id: id(),
        ...stamp,
        actorId: id(),
        email: input.email,
        emailVerified: now,
        handle: "local",
        firstName: "Local",
        lastName: "User",
        passwordHash,
      },
    });
    await db.prisma.membership.upsert({
      where: { accountId_userId: { accountId: account.id, userId: user.id } },
      update: {},
      create: { id: id(), ...stamp, accountId: account.id, userId: user.id, role: "Owner" },
    });
    const hash = hashKey(input.apiKey);
    await db.prisma.apiKey.upsert({
      where: { hash },
      update: {},
      create: {
        id: id(),
        created: now,
        userId: user.id,
        name: "local instance",
        hash,
        prefix: input.apiKey.slice(0, 4),
        lastFour: input.apiKey.slice(-4),
      },
    });
    const classes = await db.prisma.workspace.findMany({
      distinct: ["retentionDays"],
      select: { retentionDays: true },
    });
    await maintainPartitions(
      db,
      now,
      classes.map((one) => one.retentionDays),
    );
    return { accountId: account.id, workspaceId: workspace.id };
  } finally {
    await db.close();
  }
}
