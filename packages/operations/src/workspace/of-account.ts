import { Limit, Offset, Uuid } from "@weir/contracts";
import { openAccount, type WorkspaceRow } from "@weir/db";
import { z } from "zod";
import { RETENTION_DAYS } from "../account/limits.ts";
import { type AccountCtx, defineAccountVerb } from "../define-verb.ts";
import { forgetVerdicts } from "../identity/authenticate.ts";
import { newId } from "../ids.ts";
import { Description, Handle, handleTaken, WorkspaceName } from "./input.ts";

/** Makes a workspace; its maker may enter it at once. */
export const createWorkspace = defineAccountVerb({
  name: "workspace.create",
  permission: "create:workspace",
  input: z.object({ name: WorkspaceName, handle: Handle, description: Description.nullish() }),
  async run({ services, grant, now, nowIso }: AccountCtx, { name, handle, description }) {
    const row = await openAccount(services.db, grant).createWorkspace({
      id: newId(now),
      now: nowIso,
      name,
      handle,
      description: description ?? "",
      retentionDays: RETENTION_DAYS,
    });
    if (!row) throw handleTaken(handle);
    forgetVerdicts(services);
    return wireWorkspace(row);
  },
});

const WorkspaceFilter = z.object({
  id: z.object({ any_: z.array(Uuid).nullish() }).nullish(),
  handle: z.object({ any_: z.array(z.string()).nullish() }).nullish(),
});

/** Workspaces of the account that the caller may enter. */
export const filterWorkspaces = defineAccountVerb({
  name: "workspace.filter",
  permission: "read:workspace",
  input: z.object({ workspaces: WorkspaceFilter.nullish(), limit: Limit, offset: Offset }),
  async run({ services, grant }: AccountCtx, { workspaces, limit, offset }) {
    const query = { ids: workspaces?.id?.any_, handles: workspaces?.handle?.any_, limit, offset };
    return (await openAccount(services.db, grant).listWorkspaces(query)).map(wireWorkspace);
  },
});

/** A workspace on the wire. */
export function wireWorkspace(row: WorkspaceRow): Record<string, unknown> {
  return { ...row, default_workspace_role_id: null, is_public: false };
}
