import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { forgetVerdicts } from "../identity/authenticate.ts";
import { Description, Handle, handleTaken, missingWorkspace, WorkspaceName } from "./input.ts";
import { wireWorkspace } from "./of-account.ts";

/** The workspace itself: every role may read it. */
export const readWorkspace = defineVerb({
  name: "workspace.read",
  permission: "see_flows",
  input: z.object({}),
  async run({ store }) {
    const row = await store.workspace.get();
    if (!row) throw missingWorkspace();
    return wireWorkspace(row);
  },
});

/** Sets a workspace's name, handle or description; null leaves it as it is. */
export const updateWorkspace = defineVerb({
  name: "workspace.update",
  permission: "write_workspace_settings",
  input: z.object({ name: WorkspaceName.nullish(), handle: Handle.nullish(), description: Description.nullish() }),
  async run({ store, services, nowIso }, { name, handle, description }) {
    const patch = {
      ...(name ? { name } : {}),
      ...(handle ? { handle } : {}),
      ...(description === null || description === undefined ? {} : { description }),
    };
    const outcome = await store.workspace.patch(patch, nowIso);
    if (outcome === "missing") throw missingWorkspace();
    if (outcome === "taken") throw handleTaken(handle ?? "");
    forgetVerdicts(services);
  },
});

/** Deletes a workspace with everything in it. */
export const deleteWorkspace = defineVerb({
  name: "workspace.delete",
  permission: "manage_workspace_settings",
  input: z.object({}),
  async run({ store, services }) {
    const existed = await store.workspace.remove();
    forgetVerdicts(services);
    if (!existed) throw missingWorkspace();
  },
});
