import { formatInstant, type Micros, toWire } from "@weir/contracts";
import type { StateEvent } from "./state-event.ts";

/** The event that tells of a running flow run which fell silent, and which of its witnesses are missing. */
export function unreachableEvent(
  name: string,
  id: string,
  run: { id: string; name: string; missing: readonly string[]; present: readonly string[]; message: string },
  at: Micros,
): StateEvent & { id: string; occurred: string } {
  const resourceId = `prefect.flow-run.${run.id}`;
  const occurred = formatInstant(at);
  const { missing, present, message } = run;
  return {
    ...{ id, occurred, name, resourceId, involved: [resourceId] },
    body: toWire({
      ...{ id, occurred, event: name },
      resource: { "prefect.resource.id": resourceId, "prefect.resource.name": run.name },
      related: [],
      payload: { missing, present, message },
      follows: null,
    }),
  };
}
