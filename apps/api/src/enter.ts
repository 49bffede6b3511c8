import { bearerKey, type WorkspaceGrant } from "@weir/auth";
import { formatInstant, parseUuid, WeirError } from "@weir/contracts";
import {
  type AccountCtx,
  authenticate,
  authenticateAgain,
  grantedAccount,
  grantedWorkspace,
  type Identity,
  type Services,
} from "@weir/operations";
import type { FastifyRequest } from "fastify";
import { countCall } from "./plugins/rate-limit.ts";

/** Who calls: the key in the `Authorization` header. 401 when there is none, or it is unknown, expired or revoked. */
async function callerOf(
  services: Services,
  request: FastifyRequest,
  ask: typeof authenticate = authenticate,
): Promise<Identity> {
  const key = bearerKey(request.headers.authorization);
  const identity = key === undefined ? undefined : await ask(services, key, request.headers["user-agent"]);
  if (!identity) throw new WeirError("unauthenticated", "Unauthorized");
  return identity;
}

/**
 * What the caller is granted. Nobody is refused on what was believed a second ago: another process may have made the
 * workspace since, and clients take a 404 for the truth.
 */
async function grantOrAskAgain<Grant>(
  services: Services,
  request: FastifyRequest,
  judge: (identity: Identity) => Grant | undefined,
): Promise<Grant | undefined> {
  return judge(await callerOf(services, request)) ?? judge(await callerOf(services, request, authenticateAgain));
}

/** Grants the workspace in the path to the caller. Another tenant's workspace is 404, as is one that never was. */
export async function enterWorkspace(services: Services, request: FastifyRequest): Promise<WorkspaceGrant> {
  const { account_id, workspace_id } = request.params as { account_id: string; workspace_id: string };
  const [accountId, workspaceId] = [parseUuid(account_id), parseUuid(workspace_id)];
  const grant = await grantOrAskAgain(services, request, (identity) =>
    grantedWorkspace(identity, accountId, workspaceId),
  );
  if (!grant) throw new WeirError("missing", "Workspace not found");
  await countCall(request, grant.accountId);
  return grant;
}

/** Grants the account in the path to the caller; 404 when the caller is not its member. */
export async function enterAccount(services: Services, request: FastifyRequest): Promise<AccountCtx> {
  const { account_id } = request.params as { account_id: string };
  const accountId = parseUuid(account_id);
  const grant = await grantOrAskAgain(services, request, (identity) => grantedAccount(identity, accountId));
  if (!grant) throw new WeirError("missing", "Account not found");
  await countCall(request, grant.accountId);
  const now = services.clock();
  return { grant, now, nowIso: formatInstant(now), services };
}

/** Lets callers in to what is their own; a path that names another user is 404, as is one that never was. */
export async function enterSelf(services: Services, request: FastifyRequest): Promise<Identity> {
  const identity = await callerOf(services, request);
  const { user_id } = request.params as { user_id?: string };
  if (user_id !== undefined && parseUuid(user_id) !== identity.user.id)
    throw new WeirError("missing", "User not found");
  return identity;
}
