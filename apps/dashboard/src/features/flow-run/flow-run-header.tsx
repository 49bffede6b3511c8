"use client";

import type { FlowRunDetail } from "@weir/operations";
import { CornerLeftUp } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { type Place, paths } from "../../paths.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Tags } from "../../ui/tags.tsx";
import { Lateness, TimeStamp } from "../../ui/times.tsx";
import { RunDuration } from "../runs/runs-table.tsx";

/** What a run is, where it stands, and how it came to be. */
export function FlowRunHeader({ place, run }: { place: Place; run: FlowRunDetail }) {
  const { state, retries, runCount } = run;
  const isLate = state.name === "Late";
  return (
    <header className="grid gap-3">
      {run.parent ? (
        <Link
          href={paths.run(place, run.parent.id)}
          className="flex items-center gap-1.5 justify-self-start text-link hover:underline"
        >
          <CornerLeftUp aria-hidden className="size-3.5" /> Subflow of {run.parent.name}
        </Link>
      ) : null}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 tabIndex={-1} className="flex items-center gap-1.5 text-page font-semibold">
          {run.name}
          <CopyButton text={run.id} label="Copy the run's id" />
        </h1>
        <StateBadge
          type={state.type}
          name={state.name}
          size="large"
          isMoving
          suffix={isLate ? <Lateness since={run.expectedStartTime} /> : null}
        />
        <span className="text-section tabular-nums">{run.startTime ? <RunDuration run={run} /> : null}</span>
        {runCount > 1 || retries > 0 ? (
          <span className="text-muted">
            attempt {Math.max(1, runCount)}
            {retries > 0 ? ` of ${retries + 1}` : ""}
          </span>
        ) : null}
      </div>
      {state.message ? <StateMessage message={state.message} hue={state.type} /> : null}
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <Fact label="Flow">
          {run.flow.name}
          {run.deployment ? <span className="text-muted"> › {run.deployment.name}</span> : null}
        </Fact>
        {run.workPool ? (
          <Fact label="Work pool">
            {run.workPool}
            {run.workQueue ? <span className="text-muted"> › {run.workQueue}</span> : null}
          </Fact>
        ) : null}
        <Fact label={run.startTime ? "Started" : "Planned"}>
          <TimeStamp iso={run.startTime ?? run.expectedStartTime} isAbsolute />
        </Fact>
        {run.endTime ? (
          <Fact label="Ended">
            <TimeStamp iso={run.endTime} isAbsolute />
          </Fact>
        ) : null}
        {run.createdBy || run.autoScheduled ? <Fact label="Created by">{run.createdBy ?? "schedule"}</Fact> : null}
        {run.cancelledBy ? <Fact label="Cancelled by">{run.cancelledBy}</Fact> : null}
        {run.tags.length > 0 ? (
          <Fact label="Tags">
            <Tags tags={run.tags} />
          </Fact>
        ) : null}
      </dl>
    </header>
  );
}

function StateMessage({ message, hue }: { message: string; hue: string }) {
  const isBad = hue === "FAILED" || hue === "CRASHED";
  return (
    <p
      className={`max-h-40 overflow-y-auto whitespace-pre-wrap break-words rounded-control px-3 py-2 font-mono text-meta leading-5 ${
        isBad ? "bg-danger-tint text-danger" : "bg-sunken text-muted"
      }`}
    >
      {message}
    </p>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-meta text-muted">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
