import type { FlowRunDetail } from "@weir/operations";
import { CopyButton } from "../../ui/copy-button.tsx";
import { JsonView } from "../../ui/json-view.tsx";
import { TimeStamp } from "../../ui/times.tsx";

/** Everything else that is known of a run. */
export function Details({ run }: { run: FlowRunDetail }) {
  const facts: [string, string | null][] = [
    ["Run id", run.id],
    ["Flow id", run.flow.id],
    ["Deployment id", run.deployment?.id ?? null],
    ["Parent run id", run.parent?.id ?? null],
    ["Parent task run id", run.parent?.viaTaskRunId ?? null],
    ["Flow version", run.flowVersion],
    ["Deployment version", run.deploymentVersion],
    ["Infrastructure", run.infrastructurePid],
    ["Idempotency key", run.idempotencyKey],
  ];
  return (
    <div className="grid gap-6">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-8 gap-y-1.5 rounded-card border border-hairline bg-surface p-4">
        {facts.map(([label, value]) =>
          value === null ? null : (
            <div key={label} className="contents">
              <dt className="py-0.5 text-muted">{label}</dt>
              <dd className="flex min-w-0 items-center gap-1 font-mono text-meta">
                <span className="truncate">{value}</span>
                <CopyButton text={value} label={`Copy: ${label}`} />
              </dd>
            </div>
          ),
        )}
        <dt className="text-muted">Created</dt>
        <dd>
          <TimeStamp iso={run.created} isAbsolute />
        </dd>
        <dt className="text-muted">Updated</dt>
        <dd>
          <TimeStamp iso={run.updated} isAbsolute />
        </dd>
      </dl>
      <Document title="Job variables" text={run.jobVariables} />
      <Document title="Labels" text={run.labels} />
      <Document title="Context" text={run.context} />
      <Document title="Policy" text={run.empiricalPolicy} />
    </div>
  );
}

function Document({ title, text }: { title: string; text: string }) {
  return (
    <section className="grid gap-2">
      <h2 className="text-section font-semibold">{title}</h2>
      <JsonView text={text} label={title} empty="None." />
    </section>
  );
}
