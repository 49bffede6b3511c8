import type { Estate } from "./estate.ts";
import { idOf, type Key } from "./two-servers.ts";

/** A question to both servers: which list, how it is asked, and how to tell its rows apart. */
export type Question = {
  path: string;
  kind: "filter" | "count" | "paginate";
  body: Record<string, unknown>;
  list: string;
};

/** A random number from 0 to below 1, the same for the same seed. */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const sorts = {
  flows: ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"],
  flow_runs: [
    ...["ID_DESC", "START_TIME_ASC", "START_TIME_DESC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC"],
    ...["NAME_ASC", "NAME_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"],
  ],
  task_runs: [
    ...["ID_DESC", "EXPECTED_START_TIME_ASC", "EXPECTED_START_TIME_DESC", "NAME_ASC", "NAME_DESC"],
    ...["NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"],
  ],
  deployments: ["NAME_ASC", "NAME_DESC", "CREATED_DESC"],
  artifacts: ["ID_DESC", "CREATED_DESC", "UPDATED_DESC", "KEY_ASC", "KEY_DESC"],
  variables: ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"],
  logs: ["TIMESTAMP_ASC", "TIMESTAMP_DESC"],
} as const;

const runFilters = ["flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_pool_queues"];
/** Each list's path, the filters that it takes and the ways it may be asked. */
const lists: { list: string; path: string; takes: string[]; ways: Question["kind"][]; sort?: readonly string[] }[] = [
  {
    list: "flows",
    path: "/flows",
    takes: runFilters.slice(0, 5),
    ways: ["filter", "count", "paginate"],
    sort: sorts.flows,
  },
  {
    list: "flow_runs",
    path: "/flow_runs",
    takes: runFilters,
    ways: ["filter", "filter", "count", "paginate"],
    sort: sorts.flow_runs,
  },
  {
    list: "flow_runs",
    path: "/flow_runs",
    takes: runFilters,
    ways: ["filter", "filter", "count", "paginate"],
    sort: sorts.flow_runs,
  },
  {
    list: "task_runs",
    path: "/task_runs",
    takes: runFilters.slice(0, 4),
    ways: ["filter", "count", "paginate"],
    sort: sorts.task_runs,
  },
  {
    list: "deployments",
    path: "/deployments",
    takes: runFilters,
    ways: ["filter", "count", "paginate"],
    sort: sorts.deployments,
  },
  { list: "work_pools", path: "/work_pools", takes: ["work_pools"], ways: ["filter", "count"] },
  { list: "work_queues", path: "/work_queues", takes: ["work_queues"], ways: ["filter"] },
  { list: "work_queues", path: "/work_pools/alpha/queues", takes: ["work_queues"], ways: ["filter"] },
  {
    ...{ list: "artifacts", path: "/artifacts", ways: ["filter", "count"], sort: sorts.artifacts },
    takes: ["artifacts", "flows", "flow_runs", "task_runs", "deployments"],
  },
  { list: "latest", path: "/artifacts/latest", takes: ["latest"], ways: ["filter", "count"], sort: sorts.artifacts },
  { list: "variables", path: "/variables", takes: ["variables"], ways: ["filter", "count"], sort: sorts.variables },
  { list: "logs", path: "/logs", takes: ["logs"], ways: ["filter"], sort: sorts.logs },
];

/** A random question. About one in twenty is one that no server should take. */
export function question(estate: Estate, draw: () => number): Question {
  const any = <T>(from: readonly T[]): T => from[Math.floor(draw() * from.length)] as T;
  const some = <T>(from: readonly T[], most = 4): T[] =>
    Array.from({ length: Math.floor(draw() * (most + 1)) }, () => any(from));
  const often = (odds: number) => draw() < odds;
  const ids = (noun: string) => some<Key>(estate.keys[noun] ?? []).map(idOf);
  const word = (of: string) => some(estate.words[of] ?? []);
  /** Each member is there, null, or not. */
  const sparse = (members: Record<string, () => unknown>, odds = 0.5) =>
    Object.fromEntries(
      Object.entries(members).flatMap(([name, make]) =>
        often(odds) ? [[name, make()]] : name !== "operator" && often(0.15) ? [[name, null]] : [],
      ),
    );
  const operator = { operator: () => any(["and_", "or_"]) };
  const is_null_ = () => often(0.5);
  const id = (noun: string) => () => sparse({ any_: () => ids(noun) });
  const idNot = (noun: string) => () => sparse({ any_: () => ids(noun), not_any_: () => ids(noun) });
  const named = (noun: string) => () =>
    sparse({ any_: () => some(estate.keys[noun] ?? []), like_: () => any(estate.words.like ?? []) });
  const tags = () => sparse({ ...operator, all_: () => word("tags"), is_null_ });
  const tagsAny = () => sparse({ ...operator, all_: () => word("tags"), any_: () => word("tags"), is_null_ });
  const instant = () => any(estate.instants);
  const time = () => sparse({ before_: instant, after_: instant });
  const timeOrNull = () => sparse({ before_: instant, after_: instant, is_null_ });
  const idOrNull = (noun: string) => () => sparse({ ...operator, any_: () => ids(noun), is_null_ });
  // Both members of a state's type at once is one of the differences on purpose: the peer then asks neither.
  const oneOf = (from: string) => () => (often(0.7) ? { any_: word(from) } : sparse({ not_any_: () => word(from) }));
  const state = () => sparse({ ...operator, type: oneOf("types"), name: oneOf("states") });
  const stateAny = () =>
    sparse({
      ...operator,
      type: () => sparse({ any_: () => word("types") }),
      name: () => sparse({ any_: () => word("states") }),
    });
  const artifact = (own: string) => () =>
    sparse(
      {
        ...{ ...operator, [own]: id("artifacts"), flow_run_id: id("flow_runs"), task_run_id: id("task_runs") },
        key: () =>
          sparse({
            any_: () => some(["key-0", "key-1", "key-2"]),
            like_: () => any(["key", "1", "%"]),
            exists_: is_null_,
          }),
        type: () =>
          sparse({ any_: () => some(["markdown", "table", "result"]), not_any_: () => some(["markdown", "table"]) }),
      },
      0.25,
    );
  const filters: Record<string, () => Record<string, unknown>> = {
    flows: () =>
      sparse(
        {
          ...operator,
          id: idNot("flows"),
          deployment: () => sparse({ ...operator, is_null_ }),
          name: named("flows"),
          tags,
        },
        0.3,
      ),
    flow_runs: () =>
      sparse(
        {
          ...{
            ...operator,
            id: idNot("flow_runs"),
            name: named("flow_runs"),
            tags: tagsAny,
            deployment_id: idOrNull("deployments"),
          },
          work_queue_name: () => sparse({ ...operator, any_: () => some(["default", "fast", "slow"]), is_null_ }),
          state,
          flow_version: () => sparse({ any_: () => some(["v1", "v2"]) }),
          ...{
            start_time: timeOrNull,
            end_time: timeOrNull,
            expected_start_time: time,
            next_scheduled_start_time: time,
          },
          parent_flow_run_id: () => sparse({ ...operator, any_: () => ids("flow_runs") }),
          parent_task_run_id: idOrNull("task_runs"),
          idempotency_key: () =>
            sparse({ any_: () => some(["key-0", "key-3", "key-6"]), not_any_: () => some(["key-9", "key-12"]) }),
        },
        0.15,
      ),
    task_runs: () =>
      sparse(
        {
          ...{
            ...operator,
            id: id("task_runs"),
            name: named("task_runs"),
            tags,
            state: stateAny,
            start_time: timeOrNull,
          },
          ...{ end_time: timeOrNull, expected_start_time: time, flow_run_id: idOrNull("flow_runs") },
          subflow_runs: () => sparse({ exists_: is_null_ }),
        },
        0.2,
      ),
    deployments: () =>
      sparse(
        {
          ...{ ...operator, id: idNot("deployments"), name: named("deployments"), tags: tagsAny },
          flow_or_deployment_name: () => sparse({ like_: () => any(estate.words.like ?? []) }),
          paused: () => sparse({ eq_: is_null_ }),
          work_queue_name: () => sparse({ any_: () => some(["default", "fast"]) }),
        },
        0.25,
      ),
    work_pools: () =>
      sparse(
        {
          ...operator,
          id: id("work_pools"),
          name: () => sparse({ any_: () => some(["alpha", "beta"]) }),
          type: () => sparse({ any_: () => some(["process", "docker"]) }),
        },
        0.4,
      ),
    work_queues: () =>
      sparse(
        {
          ...operator,
          id: id("work_queues"),
          name: () =>
            sparse({
              any_: () => some(["default", "fast"]),
              startswith_: () => [any(["fa", "FA", "d", "_"]), any(["fa", "s"])],
            }),
        },
        0.5,
      ),
    artifacts: artifact("id"),
    latest: artifact("latest_id"),
    variables: () => sparse({ ...operator, id: id("variables"), name: named("variables"), tags }),
    // In an alternative the words of a text are alternatives on the peer, the unwanted ones too.
    logs: () => {
      const either = often(0.3);
      return sparse({
        ...(either ? { operator: () => "or_" } : {}),
        level: () => sparse({ ge_: () => any([10, 20, 30]), le_: () => any([20, 40]) }),
        timestamp: () => sparse({ before_: () => "2026-01-01T00:00:40.5Z", after_: () => "2026-01-01T00:00:10Z" }),
        flow_run_id: id("flow_runs"),
        task_run_id: () => sparse({ any_: () => ids("task_runs"), is_null_ }),
        ...(either ? {} : { text: () => ({ query: any(estate.words.queries ?? []) }) }),
      });
    },
  };
  filters.work_pool_queues = filters.work_queues ?? (() => ({}));

  const { list, path, takes, ways, sort } = any(lists);
  const kind = any(ways);
  const own = takes[0] ?? "";
  const body: Record<string, unknown> = {};
  for (const name of takes) {
    const member = name === "latest" ? "artifacts" : name;
    if (name === own || name === list ? often(0.8) : often(0.2)) body[member] = often(0.05) ? null : filters[name]?.();
  }
  if (kind !== "count") {
    if (sort && often(0.8)) body.sort = often(0.05) ? null : any(sort);
    if (often(0.4)) body.limit = any([0, 1, 3, 10, 200, null]);
    if (often(0.2))
      body[kind === "paginate" ? "page" : "offset"] = kind === "paginate" ? any([1, 2, 3]) : any([0, 2, 5, null]);
  }
  if (often(0.05)) Object.assign(body, any(UNTAKEN)(kind, own === "latest" ? "artifacts" : own));
  return { path: `${path}/${kind}`, kind, body, list };
}

/** Members that make a body one that no server takes. */
const UNTAKEN: ((kind: string, own: string) => Record<string, unknown>)[] = [
  (_, own) => ({ [own]: { unknown: 1 } }),
  (_, own) => ({ [own]: { operator: "xor_" } }),
  (_, own) => ({ [own]: [1] }),
  (kind) => (kind === "count" ? {} : { limit: 201 }),
  (kind) => (kind === "count" ? {} : { limit: -1 }),
  (kind) => (kind === "paginate" ? { page: 0 } : kind === "filter" ? { offset: -1 } : {}),
  (_, own) => ({ [own]: { id: { any_: ["not an id"] } } }),
];
