import { Limit, notFound, Offset, RunFilters, TaskRunSort, toWire, Uuid } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { nearTime } from "../flow-run/read.ts";
import { wireState } from "../flow-run/wire.ts";
import { PageNumber, paginate, walk } from "../paging.ts";
import { wireTaskRun } from "./wire.ts";

/** One task run. */
export const readTaskRun = defineVerb({
  name: "task_run.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store, now }, { id }) {
    const row = await store.taskRuns.get(id);
    if (!row) throw notFound("Task");
    return wireTaskRun(row, now);
  },
});

/** A list of task runs, by filters of every related noun. */
export const filterTaskRuns = defineVerb({
  name: "task_run.filter",
  permission: "see_flows",
  input: RunFilters.extend({ sort: TaskRunSort, limit: Limit, offset: Offset }),
  async run({ store, now, grant }, { sort, limit, offset, ...filters }) {
    const asked = `task_run ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.taskRuns.list(filters, sort, position, limit),
    );
    return rows.map((row) => wireTaskRun(row, now));
  },
});

/** A page of task runs with their count. */
export const paginateTaskRuns = defineVerb({
  name: "task_run.paginate",
  permission: "see_flows",
  input: RunFilters.extend({ sort: TaskRunSort, limit: Limit, page: PageNumber }),
  async run({ store, now, grant }, { sort, limit, page, ...filters }) {
    const asked = `task_run ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const { rows, told } = await paginate(
      asked,
      { page, limit },
      (position) => store.taskRuns.list(filters, sort, position, limit),
      () => store.taskRuns.count(filters),
    );
    return { results: rows.map((row) => wireTaskRun(row, now)), ...told };
  },
});

/** How many task runs match. */
export const countTaskRuns = defineVerb({
  name: "task_run.count",
  permission: "see_flows",
  input: RunFilters,
  run: ({ store }, filters) => store.taskRuns.count(filters),
});

/** A task run's states, oldest first. */
export const readTaskRunStates = defineVerb({
  name: "task_run_state.list",
  permission: "see_flows",
  input: z.object({ task_run_id: Uuid }),
  async run({ store }, { task_run_id }) {
    return (await store.taskRuns.states(task_run_id)).map(wireState);
  },
});

/** One state of a task run by its id. */
export const readTaskRunState = defineVerb({
  name: "task_run_state.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const [from, to] = nearTime(id);
    const row = await store.taskRuns.state(id, from, to);
    if (!row) throw notFound("Task run state");
    return wireState(row);
  },
});
