"use client";

import { useQuery } from "@tanstack/react-query";
import type { Place } from "../../paths.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { TableBox } from "../../ui/table-box.tsx";
import { formatMoment } from "../../ui/time.ts";
import { Duration } from "../../ui/times.tsx";
import { useTRPC } from "../trpc/client.tsx";

const heading = "h-9 px-3 text-left text-meta font-medium text-muted";
const cell = "px-3 py-2 align-top";
const terminal = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);

/** Every state that a run was in, the latest first, and for how long. */
export function History({ place, id }: { place: Place; id: string }) {
  const trpc = useTRPC();
  const { data: states = [] } = useQuery(trpc.flowRun.states.queryOptions({ place, id }));
  return (
    <TableBox>
      <table className="w-full min-w-2xl border-collapse">
        <caption className="sr-only">States of the run, latest first</caption>
        <thead className="border-hairline border-b">
          <tr>
            <th scope="col" className={`${heading} w-44`}>
              State
            </th>
            <th scope="col" className={`${heading} w-56`}>
              Since
            </th>
            <th scope="col" className={`${heading} w-32`}>
              For
            </th>
            <th scope="col" className={heading}>
              Message
            </th>
          </tr>
        </thead>
        <tbody>
          {states.toReversed().map((state, index, all) => {
            const next = all[index - 1];
            const seconds = next ? (Date.parse(next.timestamp) - Date.parse(state.timestamp)) / 1000 : 0;
            const isLast = terminal.has(state.type) && !next;
            return (
              <tr key={state.id} className="border-hairline border-b last:border-b-0">
                <td className={cell}>
                  <StateBadge type={state.type} name={state.name} />
                </td>
                <td className={`${cell} text-muted`}>
                  <time dateTime={state.timestamp}>{formatMoment(Date.parse(state.timestamp))}</time>
                </td>
                <td className={cell}>
                  {isLast ? (
                    <span className="text-muted">–</span>
                  ) : (
                    <Duration seconds={seconds} since={next ? undefined : state.timestamp} />
                  )}
                </td>
                <td className={`${cell} max-w-2xl whitespace-pre-wrap break-words font-mono text-meta text-muted`}>
                  {state.message}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableBox>
  );
}
