import { Text, WeirError } from "@weir/contracts";
import { type AccountPatch, type AccountRow, openAccount } from "@weir/db";
import { z } from "zod";
import { type AccountCtx, defineAccountVerb } from "../define-verb.ts";
import { forgetVerdicts } from "../identity/authenticate.ts";
import { Handle, WorkspaceName } from "../workspace/input.ts";
import { missingAccount, RETENTION_DAYS } from "./limits.ts";

/** What a new account's settings are. A feature that is not there has none: clients ask for it by its member. */
const settings = {
  allow_public_workspaces: false,
  ai_log_summaries: false,
  managed_execution: false,
  enforce_webhook_authentication: false,
  self_healing_enabled: false,
  enabled_feature_flags: [],
  default_result_storage: null,
};

const flag = z.boolean().nullish();
/** What asks for a feature that is not there is refused, rather than kept and not done. */
const absent = z.null("This is not available here. Leave it out.").optional();

const SettingsChange = z.object({
  allow_public_workspaces: flag,
  ai_log_summaries: flag,
  managed_execution: flag,
  enforce_webhook_authentication: flag,
  self_healing_enabled: flag,
  enforce_ip_allowlist: z.literal(false, "This is not available here. Leave it out.").nullish(),
  default_result_storage: absent,
});

/** The settings that a change sets, as JSON text. */
function toStore({ enforce_ip_allowlist: _, default_result_storage: __, ...flags }: z.output<typeof SettingsChange>) {
  return JSON.stringify(Object.fromEntries(Object.entries(flags).filter(([, value]) => typeof value === "boolean")));
}

function settingsOf(row: AccountRow): Record<string, unknown> {
  return { ...settings, ...row.settings.object() };
}

/** The account: what it is called and what it may hold. */
export const readAccount = defineAccountVerb({
  name: "account.read",
  permission: "read:account",
  input: z.object({}),
  async run({ services, grant }: AccountCtx): Promise<Record<string, unknown>> {
    const row = await openAccount(services.db, grant).get();
    if (!row) throw missingAccount();
    return {
      ...row,
      image_location: null,
      settings: settingsOf(row),
      status: "ACTIVE",
      status_last_updated: null,
      plan_type: "ORGANIZATION",
      plan_tier: null,
      self_serve: false,
      sso_state: "DISABLED",
      scim_state: "DISABLED",
      features: [],
      stripe_customer_id: null,
      auth_expiration_seconds: null,
      workos_organization_id: null,
      workos_connection_ids: [],
      workos_directory_ids: [],
      domain_names: [],
      run_retention_days: RETENTION_DAYS,
      audit_log_retention_days: RETENTION_DAYS,
      automations_limit: 10_000,
      work_pool_limit: null,
      non_mex_work_pool_limit: null,
      mex_work_pool_limit: 0,
      max_deployments_per_workspace: null,
    };
  },
});

/** The account's settings. A member that is absent tells clients that its feature is not there. */
export const readAccountSettings = defineAccountVerb({
  name: "account.read_settings",
  permission: "read:account",
  input: z.object({}),
  async run({ services, grant }: AccountCtx): Promise<Record<string, unknown>> {
    const row = await openAccount(services.db, grant).get();
    if (!row) throw missingAccount();
    return settingsOf(row);
  },
});

const ShortText = Text.refine((text) => text.length <= 5000, "String should have at most 5000 characters").nullish();

/** Sets what is given of the account; a name or handle of null leaves it as it is. */
export const updateAccount = defineAccountVerb({
  name: "account.update",
  permission: "update:account",
  input: z.object({
    name: WorkspaceName.nullish(),
    handle: Handle.nullish(),
    location: ShortText,
    link: ShortText,
    billing_email: ShortText,
    settings: SettingsChange.nullish(),
    auth_expiration_seconds: absent,
  }),
  async run(ctx: AccountCtx, { name, handle, location, link, billing_email, settings: changes }) {
    const patch = { name: name ?? undefined, handle: handle ?? undefined, location, link, billing_email };
    await change(ctx, patch, changes ? toStore(changes) : "{}");
  },
});

/** Sets what is given of the account's settings. */
export const updateAccountSettings = defineAccountVerb({
  name: "account.update_settings",
  permission: "update:account",
  input: SettingsChange,
  run: (ctx: AccountCtx, changes) => change(ctx, {}, toStore(changes)),
});

async function change({ services, grant, nowIso }: AccountCtx, patch: AccountPatch, settings: string): Promise<void> {
  const outcome = await openAccount(services.db, grant).patch(patch, settings, nowIso);
  if (outcome === "missing") throw missingAccount();
  if (outcome === "taken")
    throw new WeirError("conflict", `An account with the handle '${patch.handle}' already exists.`);
  forgetVerdicts(services);
}
