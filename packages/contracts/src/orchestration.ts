import { z } from "zod";
import { Uuid } from "./ids.ts";
import { Document, Instant, Text } from "./inputs.ts";
import { defaultStateName, type ProposedState, type StateDetails, stateTypes } from "./states.ts";

const details = z.object({
  flow_run_id: Uuid.nullish(),
  task_run_id: Uuid.nullish(),
  child_flow_run_id: Uuid.nullish(),
  scheduled_time: Instant.nullish(),
  cache_key: z.string().nullish(),
  cache_expiration: Instant.nullish(),
  deferred: z.boolean().nullish(),
  untrackable_result: z.boolean().nullish(),
  pause_timeout: Instant.nullish(),
  pause_reschedule: z.boolean().nullish(),
  pause_key: z.string().nullish(),
  run_input_keyset: z.record(z.string(), z.string()).nullish(),
  refresh_cache: z.boolean().nullish(),
  retriable: z.boolean().nullish(),
  transition_id: Uuid.nullish(),
  task_parameters_id: Uuid.nullish(),
  traceparent: z.string().nullish(),
  deployment_concurrency_lease_id: Uuid.nullish(),
});

/** State details as a client sends them; null and unknown members are dropped. */
export const StateDetailsInput = details.nullish().transform((given): StateDetails => {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given ?? {})) if (value !== null && value !== undefined) kept[key] = value;
  return kept as StateDetails;
});

/** A state that a client proposes. It gets its id and timestamp from the server. */
export const StateInput = z
  .object({
    type: z.enum(stateTypes),
    name: Text.nullish(),
    message: Text.nullish(),
    data: Document.optional(),
    state_details: StateDetailsInput,
  })
  .transform(
    (given): ProposedState => ({
      type: given.type,
      name: given.name || defaultStateName(given.type),
      message: given.message ?? null,
      data: given.data === undefined || given.data.text === "null" ? null : given.data,
      details: given.state_details,
    }),
  );
