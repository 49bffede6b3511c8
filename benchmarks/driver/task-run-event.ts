import { randomBytes } from "node:crypto";

/** A task run of which events tell: made of one random prefix, so that making one costs the driver little. */
export type TaskRun = {
  prefix: string;
  flowRun: { id: string; flowId: string };
  id?: string;
  started?: string;
  last?: string;
};

const ONCE = randomBytes(5).toString("hex");
let made = 0;
let last = 0;

/** A version 7 UUID: the time, the process, a counter. */
function uuid7(millis: number): string {
  const time = millis.toString(16).padStart(12, "0");
  made += 1;
  const count = made.toString(16).padStart(9, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.slice(0, 3)}-8${ONCE.slice(0, 3)}-${count.slice(3)}${ONCE.slice(4)}`;
}

const policy =
  '"empirical_policy":{"max_retries":0,"retry_delay_seconds":0.0,"retries":0,"retry_delay":0},"tags":[],"labels":{}';

/** The event of a task run entering a state, as the released client, 3.8.8, sends it: its whole text. */
export function taskRunEvent(task: TaskRun, name: "Pending" | "Running" | "Completed"): string {
  // Whole microseconds that never repeat: states of one task are ordered by them.
  last = Math.max(last + 1, Date.now() * 1000);
  const now = Math.floor(last / 1000);
  const at = `${new Date(now).toISOString().slice(0, -1)}${String(last % 1000).padStart(3, "0")}Z`;
  task.id ??= uuid7(now);
  const id = uuid7(now);
  const follows = task.last === undefined ? "null" : `"${task.last}"`;
  task.last = id;
  const short = task.prefix.slice(0, 3);
  const type = name.toUpperCase();
  const before = name === "Pending" ? null : name === "Running" ? "Pending" : "Running";
  const initial =
    before === null ? "null" : `{"type":"${before.toUpperCase()}","name":"${before}","message":"","state_details":{}}`;
  if (name === "Running") task.started = at;
  const times =
    name === "Pending"
      ? ""
      : `,"start_time":"${task.started ?? at}"${name === "Completed" ? `,"end_time":"${at}"` : ""}`;
  const count = name === "Pending" ? 0 : 1;
  const details = name === "Completed" ? '{"untrackable_result":true}' : "{}";
  return `{"occurred":"${at}","event":"prefect.task-run.${name}","resource":{"prefect.resource.id":"prefect.task-run.${task.id}","prefect.resource.name":"extract-${short}","prefect.run-count":"${count}","prefect.state-message":"","prefect.state-name":"${name}","prefect.state-timestamp":"${at.slice(0, -1)}+00:00","prefect.state-type":"${type}","prefect.orchestration":"client"},"related":[{"prefect.resource.id":"prefect.flow-run.${task.flowRun.id}","prefect.resource.role":"flow-run","prefect.resource.name":"celestial-cormorant"},{"prefect.resource.id":"prefect.flow.${task.flowRun.flowId}","prefect.resource.role":"flow","prefect.resource.name":"etl"}],"payload":{"intended":{"from":${before === null ? "null" : `"${before.toUpperCase()}"`},"to":"${type}"},"initial_state":${initial},"validated_state":{"type":"${type}","name":"${name}","message":"","state_details":${details},"data":null},"task_run":{"name":"extract-${short}","task_key":"extract-d8a9faeb","dynamic_key":"${task.id}",${policy},"task_inputs":{"n":[],"source":[]},"run_count":${count},"flow_run_run_count":${count},"expected_start_time":"${at}"${times},"total_run_time":0.0}},"id":"${id}","follows":${follows}}`;
}
