/** A queue's place in its pool: 1 is served first. */
export type Priority = { id: string; priority: number };

/** The first priority that no queue of the pool has. */
export function freePriority(queues: readonly Priority[]): number {
  const taken = new Set(queues.map((queue) => queue.priority));
  let free = 1;
  while (taken.has(free)) free += 1;
  return free;
}

/**
 * Priorities after `moved` takes the place it wants: those in its way step back by one, and nobody else moves. Only the
 * changed ones are returned; priorities stay unique and from 1 on.
 */
export function shiftPriorities(queues: readonly Priority[], moved: Priority): Priority[] {
  const others = queues.filter((queue) => queue.id !== moved.id).sort((a, b) => a.priority - b.priority);
  const at = others.findIndex((queue) => queue.priority >= moved.priority);
  const order = at < 0 ? [...others, moved] : [...others.slice(0, at), moved, ...others.slice(at)];
  const before = new Map(queues.map((queue) => [queue.id, queue.priority]));
  let last = 0;
  const after = order.map(({ id, priority }) => {
    last = priority <= last ? last + 1 : priority;
    return { id, priority: last };
  });
  return after.filter(({ id, priority }) => before.get(id) !== priority);
}
