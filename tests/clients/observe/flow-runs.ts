import type { Client } from "../harness/client.ts";
import { type Json, type JsonObject, list, object, type Rest, text } from "../harness/rest.ts";
import { until } from "../harness/until.ts";
import { flowRunPicture, generatedNames, logPicture, taskRunsPicture } from "./pictures.ts";
import { type Scrub, scrubAll, scrubWith } from "./scrub.ts";

/** Which runs to look at, and when they are all there. */
export type Settled = {
  /** Flow name → how many runs of it there will be. */
  runs: Record<string, number>;
  /** Flow name → how many task runs all its runs have together. A flow that is not named here has none. */
  tasks?: Record<string, number>;
  /** Flows whose process dies: their runs and task runs stay as they are. Flow name → state name to wait for. */
  dying?: Record<string, string>;
  /** Flows whose tasks run side by side, so that their log lines have no order. */
  unordered?: string[];
  withinMs?: number;
};

/** A run with everything that hangs on it, as the API gives it. */
export type RunRows = { flow: string; run: JsonObject; states: JsonObject[]; tasks: TaskRows[]; logs: JsonObject[] };

/** A task run and its states. */
export type TaskRows = { task: JsonObject; states: JsonObject[] };

const FINAL = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);
const FINISHED_LINE = /^Finished in state /;

/**
 * Waits until the runs of these flows have come to rest, then pictures them: flow name and number (in order of creation)
 * → what a person would see of the run. Ids, times and made-up names are replaced, so that two servers can be compared.
 */
export async function flowRuns(client: Client, settled: Settled): Promise<Record<string, Json>> {
  const rows = await until(
    `the runs of ${Object.keys(settled.runs).join(", ")} to come to rest`,
    async () => {
      const found = await readRuns(client, Object.keys(settled.runs));
      const missing = unrest(found, settled);
      if (missing !== undefined) throw new Error(missing);
      return found;
    },
    settled.withinMs ?? 60_000,
  );
  const scrub = scrubWith(generatedNames(rows));
  const taskOwner = new Map(rows.flatMap(({ flow, tasks }) => tasks.map(({ task }) => [text(task.id), flow])));
  const numbers = new Map<string, number>();
  return Object.fromEntries(
    rows.map((row) => {
      const number = (numbers.get(row.flow) ?? 0) + 1;
      numbers.set(row.flow, number);
      return [`${row.flow} #${number}`, picture(row, scrub, taskOwner, settled.unordered?.includes(row.flow) ?? false)];
    }),
  );
}

/** The names that a scrub must know to clean what a command printed about these runs. */
export async function scrubFor(client: Client, flows: string[]): Promise<Scrub> {
  return scrubWith(generatedNames(await readRuns(client, flows)));
}

/** The first run of a flow that satisfies `wanted`, once there is one. */
export function findRun(
  { rest }: Client,
  flow: string,
  wanted: (run: JsonObject) => boolean,
  withinMs = 60_000,
): Promise<JsonObject> {
  return until(
    `a run of ${flow}`,
    async () => {
      const runs = await rest.all("/flow_runs/filter", { flows: { name: { any_: [flow] } } });
      return runs.sort(byCreated).find((run) => wanted(run));
    },
    withinMs,
  );
}

function byCreated(a: JsonObject, b: JsonObject): number {
  return micros(a.created).localeCompare(micros(b.created));
}

/** A time in UTC with all its six digits, which a server may shorten: as text, times sort only at equal length. */
function micros(time: Json | undefined): string {
  const [, second = "", fraction = ""] = /^([^.Z+]*)(?:\.(\d+))?/.exec(text(time)) ?? [];
  return `${second}.${fraction.padEnd(6, "0")}`;
}

function picture(row: RunRows, scrub: Scrub, taskOwner: Map<string, string>, unordered: boolean): Json {
  return scrubAll(
    {
      run: flowRunPicture(row, taskOwner),
      tasks: taskRunsPicture(row.tasks),
      logs: logPicture(row, unordered),
    },
    scrub,
  );
}

async function readRuns({ rest }: Client, flows: string[]): Promise<RunRows[]> {
  const flowRows = await rest.all("/flows/filter", { flows: { name: { any_: flows } } });
  const nameOf = new Map(flowRows.map((flow) => [text(flow.id), text(flow.name)]));
  if (nameOf.size === 0) return [];
  const runs = await rest.all("/flow_runs/filter", { flows: { id: { any_: [...nameOf.keys()] } } });
  // Planned by a schedule and not begun: those are the schedule's business.
  const begun = runs.filter((run) => !(run.auto_scheduled === true && run.start_time === null));
  begun.sort(byCreated);
  const rows: RunRows[] = [];
  for (const run of begun) {
    const id = text(run.id);
    const tasks: TaskRows[] = [];
    for (const task of await rest.all("/task_runs/filter", { flow_runs: { id: { any_: [id] } } })) {
      tasks.push({ task, states: await statesOf(rest, "task_run", text(task.id)) });
    }
    rows.push({
      flow: nameOf.get(text(run.flow_id)) ?? "",
      run,
      states: await statesOf(rest, "flow_run", id),
      tasks,
      logs: await rest.all("/logs/filter", { logs: { flow_run_id: { any_: [id] } }, sort: "TIMESTAMP_ASC" }),
    });
  }
  return rows;
}

/** A run's states, in the order of their times. */
export async function statesOf(rest: Rest, kind: "flow_run" | "task_run", id: string): Promise<JsonObject[]> {
  const states = list(await rest.get(`/${kind}_states/?${kind}_id=${id}`));
  return states.sort((a, b) => micros(a.timestamp).localeCompare(micros(b.timestamp)));
}

/** What is still awaited, or undefined where nothing is. */
function unrest(rows: RunRows[], { runs, tasks = {}, dying = {} }: Settled): string | undefined {
  for (const [flow, count] of Object.entries(runs)) {
    const own = rows.filter((row) => row.flow === flow);
    if (own.length < count) return `${flow} has ${own.length} of ${count} runs`;
    const awaited = dying[flow];
    for (const { run, logs } of own) {
      const state = object(run.state);
      if (awaited !== undefined ? state.name !== awaited : !FINAL.has(text(state.type))) {
        return `${flow} is ${text(state.name)}`;
      }
      if (
        awaited === undefined &&
        !logs.some((line) => line.task_run_id === null && FINISHED_LINE.test(text(line.message)))
      ) {
        return `${flow} has not logged its end`;
      }
    }
    const ownTasks = own.flatMap((row) => row.tasks);
    const wanted = tasks[flow] ?? 0;
    if (ownTasks.length < wanted) return `${flow} has ${ownTasks.length} of ${wanted} task runs`;
    const open = ownTasks.find(({ task }) => !FINAL.has(text(task.state_type)));
    if (open && awaited === undefined) return `task run ${text(open.task.name)} is ${text(open.task.state_name)}`;
  }
  return undefined;
}
