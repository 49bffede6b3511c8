import { FlowRunSort, Offset, parseInstant, RunFilters, SECOND, toWire } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { PageNumber, paginate, walk } from "../paging.ts";
import { estimatedRunTime, lateness } from "./wire.ts";

/** Points of a chart that one call may ask for. */
const limitOf = (most: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(most)
    .nullish()
    .transform((limit) => limit ?? most);

const listed = RunFilters.extend({ sort: FlowRunSort.prefault("EXPECTED_START_TIME_DESC") });

/** When runs started, how long they took and how late they were: up to a thousand points of a chart. */
export const listFlowRunTimes = defineVerb({
  name: "flow_run.list_times",
  permission: "see_flows",
  input: listed.extend({ limit: limitOf(1000), offset: Offset }),
  async run({ store, grant, now }, { sort, limit, offset, ...filters }) {
    const asked = `flow_run_times ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.flowRuns.times(filters, sort, position, limit),
    );
    return rows.map((row) => ({
      id: row.id,
      state_type: row.state_type,
      timestamp: row.start_time ?? row.expected_start_time,
      duration: estimatedRunTime(row, now),
      lateness: lateness(row, now),
    }));
  },
});

/** A page of when runs started (whole seconds since 1970), how long they took and of which deployment they are. */
export const paginateFlowRunTimes = defineVerb({
  name: "flow_run.page_times",
  permission: "see_flows",
  input: listed.extend({ limit: limitOf(5000), page: PageNumber }),
  async run({ store, grant, now }, { sort, limit, page, ...filters }) {
    const { rows, told } = await paginate(
      `flow_run_times ${grant.workspaceId} ${sort} ${toWire(filters)}`,
      { page, limit },
      (position) => store.flowRuns.times(filters, sort, position, limit),
      () => store.flowRuns.count(filters),
    );
    const results = rows.map((row) => ({
      id: row.id,
      state: row.state_type,
      timestamp: Math.floor((parseInstant(row.start_time ?? row.expected_start_time) ?? 0) / SECOND),
      duration: estimatedRunTime(row, now),
      deployment: row.deployment_id,
    }));
    return { results, ...told };
  },
});
