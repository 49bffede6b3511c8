"use client";

import { Button } from "../../ui/button.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import type { RunsFilter } from "./filter.ts";

/** A workspace in which nothing has run yet: how to begin. */
export function FirstRun({ commands }: { commands: { login: string } }) {
  return (
    <section className="grid max-w-2xl gap-4 rounded-card border border-hairline bg-surface p-6">
      <h2 className="text-section font-semibold">Nothing has run here yet</h2>
      <p className="text-prose text-muted">
        Point a terminal at this workspace, then run any flow: it appears here as it starts.
      </p>
      <CopyField text={commands.login} label="Copy the login command" />
      <p className="text-prose text-muted">The browser opens to approve the terminal; no key has to be copied.</p>
    </section>
  );
}

type NoMatchProps = { filter: RunsFilter; onClear(): void; onChange(change: Partial<RunsFilter>): void };

/** Runs there may be, but the filter leaves none. */
export function NoMatch({ filter, onClear, onChange }: NoMatchProps) {
  return (
    <section className="grid justify-items-start gap-3 rounded-card border border-hairline border-dashed p-6">
      <h2 className="text-section font-semibold">No run matches</h2>
      <p className="text-prose text-muted">{reason(filter)}</p>
      <div className="flex gap-2">
        <Button kind="primary" onClick={onClear}>
          Clear filters
        </Button>
        {filter.range === "1h" || filter.range === "24h" ? (
          <Button onClick={() => onChange({ range: "7d" })}>Widen to 7 days</Button>
        ) : null}
      </div>
    </section>
  );
}

function reason({ name, state, flow, range, parent }: RunsFilter): string {
  const parts = [
    name && `a name with “${name}”`,
    state.length > 0 && `one of the chosen states (${state.map((one) => one.toLowerCase()).join(", ")})`,
    flow.length > 0 && "one of the chosen flows",
    range !== "all" && "a start in the chosen time",
    parent === "root" && "no parent",
  ].filter(Boolean);
  return `No run has ${parts.join(" and ")}.`;
}
