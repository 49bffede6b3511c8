import { type Person, places } from "./places.ts";

type Row = { id: string; name: string };

/** The public API as one person calls it: what a client would do, without the client. */
export function api(person: Person) {
  const base = `${places().apiUrl}/accounts/${person.accountId}/workspaces/${person.workspaceId}`;

  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${person.apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json().catch(() => undefined);
  };

  return {
    call,
    /** The flow of a name. */
    flow: (name: string) => call("POST", "/flows/", { name }) as Promise<Row>,
    /** A run of a flow, PENDING unless told otherwise. */
    run: (flowId: string, more: object = {}) =>
      call("POST", "/flow_runs/", { flow_id: flowId, state: { type: "PENDING" }, ...more }) as Promise<Row>,
    setState: (id: string, type: string, more: object = {}) =>
      call("POST", `/flow_runs/${id}/set_state`, { state: { type, ...more }, force: true }),
    task: (flowRunId: string, name: string, key = "0") =>
      call("POST", "/task_runs/", {
        flow_run_id: flowRunId,
        name,
        task_key: name,
        dynamic_key: key,
        state: { type: "PENDING" },
      }) as Promise<Row>,
    setTaskState: (id: string, type: string) =>
      call("POST", `/task_runs/${id}/set_state`, { state: { type }, force: true }),
    log: (flowRunId: string, message: string, more: object = {}) =>
      call("POST", "/logs/", [
        {
          flow_run_id: flowRunId,
          name: "prefect.flow_runs",
          level: 20,
          message,
          timestamp: new Date().toISOString(),
          ...more,
        },
      ]),
  };
}
