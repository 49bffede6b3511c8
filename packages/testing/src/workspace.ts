import { randomBytes, randomUUID } from "node:crypto";
import { userApiKey } from "@weir/auth";
import type { AccountRole, WorkspaceRole } from "@weir/contracts";
import {
  authenticate,
  type Ctx,
  createFlow,
  createFlowRun,
  grantedWorkspace,
  hashKey,
  type Identity,
  openCtx,
  type Services,
} from "@weir/operations";
import { TEST_RETENTION_DAYS } from "./database.ts";

/** A minted account, workspace, user and key, and a way in. */
export type TestWorkspace = {
  accountId: string;
  accountHandle: string;
  workspaceId: string;
  workspaceHandle: string;
  userId: string;
  email: string;
  apiKey: string;
  identity: Identity;
  /** A fresh call context: its instant is now. Of another replica where one is given. */
  ctx(replica?: Services): Ctx;
};

/** Mints a workspace of its own for a suite, with one user who holds `role` in it. */
export async function aWorkspace(
  services: Services,
  {
    role = "Owner",
    accountRole = role === "Owner" ? "Owner" : "Member",
  }: { role?: WorkspaceRole; accountRole?: AccountRole } = {},
): Promise<TestWorkspace> {
  const { prisma } = services.db;
  const now = new Date();
  const stamp = { created: now, updated: now };
  const mark = randomUUID().slice(0, 8);
  const [accountId, workspaceId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const accountHandle = `acme-${mark}`;
  const workspaceHandle = `dev-${mark}`;
  const email = `${mark}@weir.test`;
  const apiKey = userApiKey(randomBytes(64));
  await prisma.account.create({ data: { id: accountId, ...stamp, name: `Acme ${mark}`, handle: accountHandle } });
  await prisma.workspace.create({
    data: {
      id: workspaceId,
      ...stamp,
      accountId,
      name: `Dev ${mark}`,
      handle: workspaceHandle,
      retentionDays: TEST_RETENTION_DAYS,
    },
  });
  await prisma.user.create({ data: { id: userId, ...stamp, actorId: randomUUID(), email, handle: `ada-${mark}` } });
  await prisma.membership.create({ data: { id: randomUUID(), ...stamp, accountId, userId, role: accountRole } });
  await prisma.workspaceAccess.create({ data: { id: randomUUID(), ...stamp, workspaceId, userId, role } });
  await prisma.apiKey.create({
    data: {
      id: randomUUID(),
      created: now,
      userId,
      name: "test",
      hash: hashKey(apiKey),
      prefix: "pnu_",
      lastFour: apiKey.slice(-4),
    },
  });
  const identity = await authenticate(services, apiKey);
  const grant = identity && grantedWorkspace(identity, accountId, workspaceId);
  if (!identity || !grant) throw new Error("the minted key does not open its workspace");
  return {
    accountId,
    accountHandle,
    workspaceId,
    workspaceHandle,
    userId,
    email,
    apiKey,
    identity,
    ctx: (replica = services) => openCtx(replica, grant),
  };
}

/** A flow's id; made by the verb that engines call. */
export async function aFlow(workspace: TestWorkspace, name = `flow-${randomUUID().slice(0, 8)}`): Promise<string> {
  return (await createFlow(workspace.ctx(), { name })).body.id;
}

/** A flow run's id, PENDING unless `run` says otherwise; of a new flow unless it names one. */
export async function aFlowRun(workspace: TestWorkspace, run: Record<string, unknown> = {}): Promise<string> {
  const flowId = run.flow_id ?? (await aFlow(workspace));
  const { body } = await createFlowRun(workspace.ctx(), { flow_id: flowId, ...run });
  return String(body.id);
}
