import { Document, notFound, ObjectDocument, Tags, Text, Uuid, WeirError } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";

/** Sets what a run's engine or worker learns of it: name, version, policy, infrastructure. */
export const updateFlowRun = defineVerb({
  name: "flow_run.update",
  permission: "run_flows",
  input: z.object({
    id: Uuid,
    name: Text.nullish(),
    flow_version: Text.nullish(),
    parameters: Document.optional(),
    empirical_policy: Document.optional(),
    tags: Tags.nullish(),
    infrastructure_pid: Text.nullish(),
    job_variables: Document.optional(),
  }),
  async run({ store, nowIso }, input) {
    if (input.job_variables && input.job_variables.text !== "null") {
      const run = await store.flowRuns.get(input.id);
      if (!run) throw notFound("Flow run");
      if (run.state_type !== "SCHEDULED" || run.deployment_id === null) {
        throw new WeirError("bad_request", `Job variables for a flow run in state ${run.state_type} cannot be updated`);
      }
    }
    const given = (document: { text: string } | undefined) =>
      document && document.text !== "null" ? document.text : undefined;
    const changes = {
      name: input.name ?? undefined,
      flow_version: input.flow_version,
      infrastructure_pid: input.infrastructure_pid,
      parameters: given(input.parameters),
      empirical_policy: given(input.empirical_policy),
      tags: input.tags ?? undefined,
      job_variables: given(input.job_variables),
    };
    const patch = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (!(await store.flowRuns.patch(input.id, patch, nowIso))) throw notFound("Flow run");
  },
});

/** Merges labels into a run's own. */
export const updateFlowRunLabels = defineVerb({
  name: "flow_run.update_labels",
  permission: "run_flows",
  input: z.object({ id: Uuid, labels: ObjectDocument }),
  async run({ store, nowIso }, { id, labels }) {
    if (!(await store.flowRuns.mergeLabels(id, labels.text, nowIso))) throw notFound("Flow run");
  },
});

/** Deletes a run and its task runs. */
export const deleteFlowRun = defineVerb({
  name: "flow_run.delete",
  permission: "manage_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    if (!(await store.flowRuns.remove(id))) throw notFound("Flow run");
  },
});
