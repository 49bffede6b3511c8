import { type JsonText, ObjectDocument, WeirError } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { jobVariablesFault } from "../deployment/checks.ts";
import { documentOr } from "../flow-run/create.ts";
import { renderedJob } from "./job.ts";
import { BaseJobTemplate } from "./template.ts";
import { templateOf } from "./types/all.ts";

/**
 * The job that a pool of a type would make of a template, its own or (where that is empty) the type's, with these job
 * variables: the configuration as a worker has it before it starts a job. Nothing is stored.
 */
export const previewWorkPoolConfiguration = defineVerb({
  name: "work_pool.preview_configuration",
  permission: "see_work_pools",
  input: z.object({
    base_job_template: BaseJobTemplate,
    type: z.string(),
    job_variables: ObjectDocument.nullish(),
  }),
  async run(_ctx, { base_job_template, type, job_variables }): Promise<JsonText> {
    const template = templateOf(type, base_job_template);
    const given = documentOr(job_variables);
    const fault = jobVariablesFault(template, [given], false);
    if (fault) throw new WeirError("invalid", `Error previewing job: ${fault}`);
    return renderedJob(template, given);
  },
});
