import { JsonText, WeirError } from "@weir/contracts";
import {
  fillVariables,
  type JobSubject,
  mergeJobVariables,
  prepareJob,
  renderJobTemplate,
  variablesIn,
} from "@weir/core";
import type { Ctx } from "../define-verb.ts";
import { jobVariablesFault, judged } from "../deployment/checks.ts";
import { templateOf } from "./types/all.ts";

/** The job that a template makes of job variables; 422 when it would be too large. */
export function renderedJob(template: JsonText, given: JsonText): JsonText {
  return bounded(() => renderJobTemplate(template.text, given.text));
}

/**
 * The job that starts a run: its pool's template with the job variables of deployment and run and the workspace's variables,
 * prepared as a worker prepares it. Names of blocks in it stay as they are written. 422 in words when the job variables do not fit.
 */
export async function jobOf(
  { store }: Pick<Ctx, "store">,
  pool: { type: string; base_job_template: JsonText },
  variables: { deployment: JsonText; run: JsonText },
  subject: JobSubject,
): Promise<JsonText> {
  const template = templateOf(pool.type, pool.base_job_template);
  const given = new JsonText(mergeJobVariables(variables.deployment.text, variables.run.text));
  const fault = jobVariablesFault(template, [given], true);
  if (fault !== undefined) throw new WeirError("invalid", `The job variables do not fit the work pool: ${fault}`);
  const rendered = renderedJob(template, given);
  const names = variablesIn(rendered.text);
  const { rows } = await store.variables.list({ name: { any_: names } }, "NAME_ASC", { offset: 0 }, names.length);
  const values = new Map(rows.map(({ name, value }) => [name, value.text]));
  const job = names.length === 0 ? rendered : bounded(() => fillVariables(rendered.text, values));
  return new JsonText(prepareJob(job.text, subject));
}

function bounded(make: () => string | undefined): JsonText {
  const job = judged(make);
  if (job === undefined)
    throw new WeirError("invalid", "The job would be too large. Name large variables less often in the template.");
  return new JsonText(job);
}
