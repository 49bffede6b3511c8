import { JsonText, WeirError } from "@weir/contracts";
import { type JobSubject, mergeJobVariables, prepareJob, renderJobTemplate } from "@weir/core";
import { jobVariablesFault, judged } from "../deployment/checks.ts";
import { templateOf } from "./types/all.ts";

/** The job that a template makes of job variables; 422 when it would be too large. */
export function renderedJob(template: JsonText, given: JsonText): JsonText {
  const job = judged(() => renderJobTemplate(template.text, given.text));
  if (job === undefined)
    throw new WeirError("invalid", "The job would be too large. Name large variables less often in the template.");
  return new JsonText(job);
}

/**
 * The job that starts a run: its pool's template with the job variables of deployment and run, prepared as a worker prepares
 * it. Names of blocks and variables in it stay as they are written. 422 in words when the job variables do not fit.
 */
export function jobOf(
  pool: { type: string; base_job_template: JsonText },
  variables: { deployment: JsonText; run: JsonText },
  subject: JobSubject,
): JsonText {
  const template = templateOf(pool.type, pool.base_job_template);
  const given = new JsonText(mergeJobVariables(variables.deployment.text, variables.run.text));
  const fault = jobVariablesFault(template, [given], true);
  if (fault !== undefined) throw new WeirError("invalid", `The job variables do not fit the work pool: ${fault}`);
  return new JsonText(prepareJob(renderedJob(template, given).text, subject));
}
