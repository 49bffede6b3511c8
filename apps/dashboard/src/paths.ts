/** Handles that lead to a workspace. */
export type Place = { account: string; workspace: string };

const at = ({ account, workspace }: Place, rest: string) => `/${account}/${workspace}${rest}`;
const segment = encodeURIComponent;

/** Every link of the dashboard. Nothing else writes a path. */
export const paths = {
  home: () => "/",
  login: (next?: string) => (next && next !== "/" ? `/login?next=${segment(next)}` : "/login"),
  verify: () => "/login/verify",
  keys: () => "/me/keys",
  account: (account: string) => `/${account}`,
  workspace: (place: Place) => at(place, ""),
  runs: (place: Place) => at(place, "/runs"),
  run: (place: Place, id: string) => at(place, `/runs/${id}`),
  taskRun: (place: Place, id: string) => at(place, `/task-runs/${id}`),
  flow: (place: Place, id: string) => at(place, `/flows/${id}`),
  deployments: (place: Place) => at(place, "/deployments"),
  deployment: (place: Place, id: string) => at(place, `/deployments/${id}`),
  block: (place: Place, id: string) => at(place, `/blocks/${id}`),
  blockCatalog: (place: Place) => at(place, "/blocks/catalog"),
  newBlock: (place: Place, slug: string) => at(place, `/blocks/catalog/${segment(slug)}/new`),
  workPool: (place: Place, name: string) => at(place, `/work-pools/${segment(name)}`),
  worker: (place: Place, pool: string, name: string) =>
    at(place, `/work-pools/${segment(pool)}/workers/${segment(name)}`),
  workQueue: (place: Place, id: string) => at(place, `/work-queues/${id}`),
  concurrencyLimit: (place: Place, id: string) => at(place, `/concurrency/limits/${id}`),
  automation: (place: Place, id: string) => at(place, `/automations/${id}`),
  event: (place: Place, date: string, id: string) => at(place, `/events/${date}/${id}`),
  events: (place: Place, query = "") => at(place, `/events${query}`),
};

type ClientLink = { pattern: RegExp; to: (place: Place, parts: string[], query: string) => string };

const link = (pattern: RegExp, to: ClientLink["to"]): ClientLink => ({ pattern, to });

/** The links that the Python client prints, as they follow `/account/{uuid}/workspace/{uuid}/`. */
const clientLinks: ClientLink[] = [
  link(/^(?:dashboard)?$/, (place) => paths.workspace(place)),
  link(/^(?:runs|flow-runs)$/, (place) => paths.runs(place)),
  link(/^(?:runs|flow-runs)\/flow-run\/([^/]+)$/, (place, [id = ""]) => paths.run(place, id)),
  link(/^(?:runs|flow-runs)\/task-run\/([^/]+)$/, (place, [id = ""]) => paths.taskRun(place, id)),
  link(/^flows\/flow\/([^/]+)$/, (place, [id = ""]) => paths.flow(place, id)),
  link(/^deployments$/, (place) => paths.deployments(place)),
  link(/^deployments\/deployment\/([^/]+)$/, (place, [id = ""]) => paths.deployment(place, id)),
  link(/^blocks\/block\/([^/]+)$/, (place, [id = ""]) => paths.block(place, id)),
  link(/^(?:settings\/)?blocks\/catalog$/, (place) => paths.blockCatalog(place)),
  link(/^(?:settings\/)?blocks\/catalog\/([^/]+)\/create$/, (place, [slug = ""]) => paths.newBlock(place, slug)),
  link(/^work-pools\/work-pool\/([^/]+)$/, (place, [name = ""]) => paths.workPool(place, name)),
  link(/^work-pools\/work-pool\/([^/]+)\/worker\/([^/]+)$/, (place, [pool = "", worker = ""]) =>
    paths.worker(place, pool, worker),
  ),
  link(/^work-queues\/work-queue\/([^/]+)$/, (place, [id = ""]) => paths.workQueue(place, id)),
  link(/^concurrency-limits\/concurrency-limit\/([^/]+)$/, (place, [id = ""]) => paths.concurrencyLimit(place, id)),
  link(/^automations\/automation\/([^/]+)$/, (place, [id = ""]) => paths.automation(place, id)),
  link(/^events\/event\/([^/]+)\/([^/]+)$/, (place, [date = "", id = ""]) => paths.event(place, date, id)),
  link(/^events$/, (place, _, query) => paths.events(place, query)),
];

/**
 * Where a link printed by the Python client leads. `rest` is what follows the workspace's id, decoded by segment; `query`
 * begins with `?` or is empty. A link we do not know leads to the same words under the workspace's handle.
 */
export function clientLink(place: Place, rest: readonly string[], query: string): string {
  const escaped = rest.map(segment).join("/");
  for (const { pattern, to } of clientLinks) {
    const match = pattern.exec(escaped);
    if (match) return to(place, match.slice(1).map(decodeURIComponent), query);
  }
  return at(place, `/${escaped}${query}`);
}
