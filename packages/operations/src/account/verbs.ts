import { openAccount } from "@weir/db";
import { z } from "zod";
import { type AccountCtx, defineAccountVerb } from "../define-verb.ts";
import { missingAccount, RETENTION_DAYS } from "./limits.ts";

/** What a new account's settings are; none of them can be changed yet. */
const settings = {
  allow_public_workspaces: false,
  ai_log_summaries: false,
  managed_execution: false,
  enforce_webhook_authentication: false,
  self_healing_enabled: false,
  enabled_feature_flags: [],
  default_result_storage: null,
};

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
      location: null,
      link: null,
      image_location: null,
      settings,
      status: "ACTIVE",
      status_last_updated: null,
      plan_type: "ORGANIZATION",
      plan_tier: null,
      self_serve: false,
      sso_state: "DISABLED",
      scim_state: "DISABLED",
      features: [],
      billing_email: null,
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
  run: async (): Promise<Record<string, unknown>> => settings,
});
