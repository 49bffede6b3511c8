import { formatInstant, type Micros, type ProposedState, type RunState } from "@weir/contracts";
import { involvedIds, type Resource } from "./client-event.ts";

/** An event ready to be stored: see StateWrite in packages/db. */
export type StateEvent = { name: string; resourceId: string; involved: string[]; body: string };

const FOLLOWS_WITHIN: Micros = 300_000_000 as Micros;

/**
 * The event of a run entering `state`: its id is the state's and its time the state's, so that whoever waits for the
 * state can recognise it. It follows the previous state's event when that is less than five minutes old. `extra` is said of
 * the run beside its states.
 */
export function stateEvent(
  kind: "flow-run" | "task-run",
  run: { id: string; name: string; runCount: number },
  related: Resource[],
  previous: RunState | null,
  state: RunState,
  extra: Record<string, string> = {},
): StateEvent {
  const resourceId = `prefect.${kind}.${run.id}`;
  const name = `prefect.${kind}.${state.name}`;
  const occurred = formatInstant(state.timestamp);
  const resource: Resource = {
    "prefect.resource.id": resourceId,
    "prefect.resource.name": run.name,
    "prefect.run-count": String(run.runCount),
    "prefect.state-message": state.message ?? "",
    "prefect.state-name": state.name,
    "prefect.state-timestamp": occurred,
    "prefect.state-type": state.type,
    ...extra,
  };
  const follows = previous && state.timestamp - previous.timestamp < FOLLOWS_WITHIN ? previous.id : null;
  return {
    name,
    resourceId,
    involved: involvedIds(resource, related),
    // It holds no document, which `toWire` is for: this is faster, and text in one piece.
    body: JSON.stringify({
      id: state.id,
      occurred,
      event: name,
      resource,
      related,
      payload: {
        intended: { from: previous?.type ?? null, to: state.type },
        initial_state: previous && told(previous),
        validated_state: told(state),
      },
      follows,
    }),
  };
}

function told(state: ProposedState): Record<string, unknown> {
  return {
    type: state.type,
    name: state.name,
    message: state.message ?? "",
    pause_reschedule: state.type === "PAUSED" ? String(state.details.pause_reschedule ?? false) : undefined,
  };
}

/** A thing that an event involves, in the role of its kind. */
export function relatedResource(kind: string, id: string, name: string | null): Resource {
  return {
    "prefect.resource.id": `prefect.${kind}.${id}`,
    "prefect.resource.role": kind,
    ...(name === null ? {} : { "prefect.resource.name": name }),
  };
}

/** A run's tags, as an event involves them. */
export function tagResources(tags: readonly string[]): Resource[] {
  return tags.map((tag) => ({ "prefect.resource.id": `prefect.tag.${tag}`, "prefect.resource.role": "tag" }));
}
