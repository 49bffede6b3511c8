import { rmSync } from "node:fs";
import { aWorkspace, startTestApi, testDatabase } from "@weir/testing";
import { newRoot } from "../../clients/harness/paths.ts";
import { startPeer } from "../../clients/harness/peer.ts";
import { draws, type Question, question } from "./bodies.ts";
import { makeEstate } from "./estate.ts";
import { aServer, type Server, told } from "./two-servers.ts";

/** What a server answered, in words that both have in common: runs of rows whose order is not told by the sort. */
type Answer = { status: number; count?: number; rows?: string[][]; cut?: boolean; untold?: boolean };

type Row = Record<string, unknown>;

/** What a list is in order by; rows that are alike in it may come in any order. Absent: nothing is alike. */
const keyOf: Record<string, (row: Row) => unknown> = {
  // The ids of the peer are random: newest first is in no order there.
  ID_DESC: () => "",
  NEXT_SCHEDULED_START_TIME_ASC: (row) => row.next_scheduled_start_time,
  END_TIME_DESC: (row) => row.end_time,
  EXPECTED_START_TIME_ASC: (row) => row.expected_start_time,
  EXPECTED_START_TIME_DESC: (row) => row.expected_start_time,
  START_TIME_ASC: (row) => row.start_time ?? row.expected_start_time,
  START_TIME_DESC: (row) => row.start_time ?? row.expected_start_time,
  KEY_ASC: (row) => row.key,
  KEY_DESC: (row) => row.key,
};

/** The order of a list that is asked for none. */
const usual: Record<string, string> = {
  flow_runs: "ID_DESC",
  task_runs: "ID_DESC",
  artifacts: "ID_DESC",
  latest: "ID_DESC",
};

/** Queues and workers have orders of their own, in which names stand more than once. */
const byName = (row: Row) => row.name;

/** Asks one server. */
async function ask(server: Server, { path, kind, body, list }: Question): Promise<Answer> {
  const { status, body: answer } = await server.call("POST", path, told(server, body));
  if (status !== 200) return { status };
  if (kind === "count") return { status, count: answer as number };
  const page = answer as { results: Row[]; count: number };
  const rows = kind === "paginate" ? page.results : (answer as Row[]);
  const key = list === "work_queues" ? byName : keyOf[String(body.sort ?? usual[list])];
  const groups: string[][] = [];
  let last: unknown = Symbol("none");
  for (const row of rows) {
    const at = key ? key(row) : row;
    if (at !== last) groups.push([]);
    last = at;
    groups.at(-1)?.push(nameOf(server, list, row));
  }
  // A page of task runs does not tell on the peer when they were expected.
  const untold = key !== undefined && rows.some((row) => key(row) === undefined);
  const { limit, offset, page: number } = body as { limit?: number; offset?: number; page?: number };
  const cut = key !== undefined && (rows.length === (limit ?? 200) || (offset ?? 0) > 0 || (number ?? 1) > 1);
  return {
    status,
    cut,
    untold,
    rows: groups.map((group) => group.sort()),
    ...(kind === "paginate" ? { count: page.count } : {}),
  };
}

function nameOf(server: Server, list: string, row: Row): string {
  const id = list === "logs" ? undefined : list === "latest" ? row.latest_id : row.id;
  return id === undefined ? String(row.message) : (server.keys.get(String(id)) ?? `unknown ${id}`);
}

/** What both answered; `undefined` when they agree. A page cut out of rows that are alike is only measured. */
async function difference(
  question: Question,
  [weir, peer]: readonly [Server, Server],
): Promise<{ weir: Answer; peer: Answer } | undefined> {
  const [ours, theirs] = await Promise.all([ask(weir, question), ask(peer, question)]);
  const untold = ours.untold || theirs.untold;
  const measured = ({ rows, cut, untold: _, ...rest }: Answer) =>
    JSON.stringify({ ...rest, rows: cut ? rows?.flat().length : untold ? rows?.flat().sort() : rows });
  return measured(ours) === measured(theirs) ? undefined : { weir: ours, peer: theirs };
}

/** Asks Weir and the peer `count` random questions of `seed` about the same things; gives those that they answer otherwise. */
export async function compareFilters(
  postgresUrl: string,
  { count, seed }: { count: number; seed: number },
): Promise<{ same: number; wrong: unknown[] }> {
  const root = newRoot();
  const [database, peer] = await Promise.all([testDatabase(postgresUrl), startPeer(root, postgresUrl)]);
  const api = await startTestApi(database.services);
  try {
    const ws = await aWorkspace(database.services);
    const servers = [aServer("weir", api.workspaceUrl(ws), ws.apiKey), aServer("peer", peer.apiUrl)] as const;
    const estate = await makeEstate(servers);
    const draw = draws(seed);
    const wrong: unknown[] = [];
    for (let index = 0; index < count; index += 1) {
      const asked = question(estate, draw);
      const differs = await difference(asked, servers);
      if (differs) wrong.push({ index, path: asked.path, body: asked.body, ...differs });
    }
    return { same: count - wrong.length, wrong };
  } finally {
    await api.close();
    await Promise.all([database.drop(), peer.stop()]);
    rmSync(root, { recursive: true, force: true });
  }
}
