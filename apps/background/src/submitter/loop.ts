import { keepServedReady, poolsToServe, type Submitter, submitAbandoned, submitDueRuns } from "@weir/operations";
import type { Loop } from "../run-loop.ts";

/** Pools that one process works on at once, of each type. */
const MOST_POOLS = 100;

/** Starts the runs of pools without workers. Without submitters there is nothing to look after, and nothing looks. */
export function submitter(submitters: readonly Submitter[]): Loop[] {
  return submitters.flatMap((one) => [
    startDue(one),
    {
      name: "submitter",
      intervalMs: 15_000,
      pass: async (services) => {
        await keepServedReady(services, one.type);
        await submitAbandoned(services, one);
        return false;
      },
    },
  ]);
}

/** A pass does not wait for what it begins: a pool whose cloud is slow to answer holds up no other. */
function startDue(one: Submitter): Loop {
  const underWay = new Map<string, Promise<unknown>>();
  const faults: unknown[] = [];
  return {
    name: "submitter",
    intervalMs: 2_000,
    async pass(services) {
      const room = MOST_POOLS - underWay.size;
      for (const pool of await poolsToServe(services, one.type, [...underWay.keys()], room)) {
        const work = submitDueRuns(services, one, pool)
          .catch((error: unknown) => faults.push(error))
          .finally(() => underWay.delete(pool.id));
        underWay.set(pool.id, work);
      }
      const [fault] = faults.splice(0);
      if (fault !== undefined) throw fault;
      return false;
    },
    rest: () => Promise.all(underWay.values()),
  };
}
