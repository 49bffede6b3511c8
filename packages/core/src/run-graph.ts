/** A task run, or the flow run that it stands for, as a graph is drawn from. Instants are ISO text. */
export type GraphRun = {
  kind: "flow-run" | "task-run";
  id: string;
  label: string;
  state_type: string;
  start_time: string;
  end_time: string | null;
  /** What the run was given: a list of sources for each parameter, as clients tell of them. */
  inputs: unknown;
};

/** A point of the graph: what it waited for, what waited for it, and the tasks that it ran inside of. */
export type GraphNode = Omit<GraphRun, "inputs"> & {
  parents: { id: string }[];
  children: { id: string }[];
  encapsulating: { id: string }[];
};

/** The parameter under which clients tell of the tasks that a task was called inside of. */
const ENCAPSULATING = "__parents__";

/**
 * The graph of a flow run's task runs and subflow runs, in the order they are given. Neighbours are told once each and in
 * that order; sources that are not among the runs are left out, and so is whatever clients sent that is no list of sources.
 */
export function runGraph(runs: readonly GraphRun[]): GraphNode[] {
  const places = new Map(runs.map(({ id }, place) => [id, place]));
  const nodes = runs.map(({ inputs: _, ...run }) => ({
    run,
    parents: new Set<number>(),
    children: new Set<number>(),
    encapsulating: new Set<number>(),
  }));
  runs.forEach(({ inputs }, place) => {
    const node = nodes[place];
    for (const [parameter, source] of sources(inputs)) {
      const parent = places.get(source);
      if (parent === undefined || node === undefined) continue;
      if (parameter === ENCAPSULATING) node.encapsulating.add(parent);
      else {
        node.parents.add(parent);
        nodes[parent]?.children.add(place);
      }
    }
  });
  const told = (neighbours: Set<number>) =>
    [...neighbours].sort((a, b) => a - b).flatMap((place) => (runs[place] ? [{ id: runs[place].id }] : []));
  return nodes.map(({ run, parents, children, encapsulating }) => ({
    ...run,
    parents: told(parents),
    children: told(children),
    encapsulating: told(encapsulating),
  }));
}

/** The ids that a run's inputs name, each with its parameter. */
function* sources(inputs: unknown): Generator<[parameter: string, id: string]> {
  if (typeof inputs !== "object" || inputs === null) return;
  for (const [parameter, given] of Object.entries(inputs)) {
    if (!Array.isArray(given)) continue;
    for (const source of given) {
      const id: unknown = (source as { id?: unknown } | null)?.id;
      if (typeof id === "string") yield [parameter, id];
    }
  }
}
