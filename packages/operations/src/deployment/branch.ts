import { Uuid, WeirError } from "@weir/contracts";
import type { DeploymentRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { ScheduleUpdate } from "../schedule/input.ts";
import { deploymentFields } from "./input.ts";
import { createDeployment } from "./save.ts";

/** Members of a deployment that its branch begins with. */
const inherited = [
  ...["description", "version", "tags", "labels", "entrypoint", "path", "pull_steps", "parameters", "version_info"],
  ...["parameter_openapi_schema", "enforce_parameter_schema", "job_variables", "work_pool_name", "work_queue_name"],
  ...["concurrency_limit", "concurrency_options"],
] as const;

/**
 * Makes a deployment of the same flow that goes its own way, named after both: `nightly@fix-retries`. Branching to a
 * branch that is there is 409.
 */
export const branchDeployment = defineVerb({
  name: "deployment.branch",
  permission: "write_deployments",
  input: z.object({
    id: Uuid,
    branch: z
      .string()
      .max(5000)
      .refine((name) => name.trim() !== "", "Branch name cannot be empty or contain only whitespace"),
    options: z.object({ schedule_handling: z.enum(["keep", "remove", "inactive"]).nullish() }).nullish(),
    overrides: z.object({ ...deploymentFields, schedules: z.array(ScheduleUpdate).max(200).nullish() }).nullish(),
  }),
  async run(ctx, { id, branch, options, overrides }) {
    const base = await ctx.store.deployments.get(id);
    if (!base) throw new WeirError("missing", "Deployment not found");
    const name = `${base.name}@${branch.replaceAll(/[/%&<>\s]+/g, "-")}`;
    const known = await ctx.store.deployments.list(
      { deployments: { name: { any_: [name] } }, flows: { id: { any_: [base.flow_id] } } },
      "NAME_ASC",
      { offset: 0 },
      1,
    );
    if (known.rows.length > 0) throw new WeirError("conflict", `There is a deployment "${name}" of this flow already.`);
    const own = Object.fromEntries(inherited.map((member) => [member, base[member as keyof DeploymentRow]]));
    const given = Object.fromEntries(Object.entries(overrides ?? {}).filter(([, value]) => value !== undefined));
    const schedules = overrides?.schedules ?? (await copies(ctx, id, options?.schedule_handling ?? "remove"));
    const line = { branch, base: base.id, root: base.root ?? base.id };
    return createDeployment(ctx, { ...own, ...given, ...line, name, flow_id: base.flow_id, schedules });
  },
});

async function copies({ store }: Ctx, id: string, handling: "keep" | "remove" | "inactive") {
  if (handling === "remove") return [];
  const schedules = await store.schedules.ofDeployment(id);
  return schedules.map(({ schedule, active, max_scheduled_runs, max_active_runs, parameters, slug, catch_up }) => ({
    schedule: schedule.value(),
    active: handling === "keep" && active,
    max_scheduled_runs,
    max_active_runs,
    parameters,
    slug,
    catch_up,
  }));
}
