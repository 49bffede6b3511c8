"use client";

import type { ListedFlowRun } from "@weir/operations";
import Link from "next/link";
import { type Place, paths } from "../../paths.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { TableBox } from "../../ui/table-box.tsx";
import { Tags } from "../../ui/tags.tsx";
import { formatLateness } from "../../ui/time.ts";
import { Duration, Lateness, TimeStamp } from "../../ui/times.tsx";

const heading = "h-9 px-3 text-left text-meta font-medium text-muted";
const cell = "h-10 px-3 align-middle";

/** Flow runs, one a row. */
export function RunsTable({ place, runs }: { place: Place; runs: ListedFlowRun[] }) {
  return (
    <TableBox>
      <table className="w-full min-w-3xl border-collapse">
        <caption className="sr-only">Flow runs, latest first</caption>
        <thead className="border-hairline border-b">
          <tr>
            <th scope="col" className={`${heading} w-40`}>
              State
            </th>
            <th scope="col" className={heading}>
              Run
            </th>
            <th scope="col" className={heading}>
              Flow › deployment
            </th>
            <th scope="col" className={`${heading} w-36`}>
              Start
            </th>
            <th scope="col" className={`${heading} w-28 text-right`}>
              Duration
            </th>
            <th scope="col" className={heading}>
              Tags
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.id} place={place} run={run} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function RunRow({ place, run }: { place: Place; run: ListedFlowRun }) {
  const isLate = run.state.name === "Late";
  return (
    <tr className="border-hairline border-b last:border-b-0 hover:bg-sunken/60">
      <td className={cell}>
        <StateBadge
          type={run.state.type}
          name={run.state.name}
          suffix={isLate ? <Lateness since={run.expectedStartTime} /> : null}
        />
      </td>
      <th scope="row" className={`${cell} max-w-72 text-left font-medium`}>
        <Link href={paths.run(place, run.id)} prefetch={false} className="block truncate hover:underline">
          {run.name}
        </Link>
      </th>
      <td className={`${cell} max-w-72 truncate text-muted`}>
        <span className="text-text">{run.flow.name}</span>
        {run.deployment ? <> › {run.deployment.name}</> : null}
      </td>
      <td className={`${cell} text-muted`}>
        <TimeStamp iso={run.startTime ?? run.expectedStartTime} />
        {run.startTime && run.latenessSeconds >= 5 ? (
          <span className="ml-1.5 text-meta" title="Started later than planned">
            {formatLateness(run.latenessSeconds)}
          </span>
        ) : null}
      </td>
      <td className={`${cell} text-right`}>
        {run.startTime ? <RunDuration run={run} /> : <span className="text-muted">–</span>}
      </td>
      <td className={`${cell} max-w-56`}>
        <Tags tags={run.tags} most={3} />
      </td>
    </tr>
  );
}

/** Time that a run has spent running, the stretch that lasts included. */
export function RunDuration({ run }: { run: Pick<ListedFlowRun, "runSeconds" | "state"> }) {
  return <Duration seconds={run.runSeconds} since={run.state.type === "RUNNING" ? run.state.timestamp : undefined} />;
}

/** The list's shape while it is read. */
export function RunsSkeleton() {
  return (
    <div aria-hidden className="grid rounded-card border border-hairline bg-surface">
      {Array.from({ length: 8 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows that never move
        <div key={row} className="flex h-10 items-center gap-6 border-hairline border-b px-3 last:border-b-0">
          <div className="skeleton h-5 w-24" />
          <div className="skeleton h-4 w-48" />
          <div className="skeleton h-4 w-32" />
        </div>
      ))}
    </div>
  );
}
