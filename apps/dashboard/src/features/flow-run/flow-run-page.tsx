"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { Tabs } from "radix-ui";
import { type Place, paths } from "../../paths.ts";
import { correctClock } from "../../ui/clock.ts";
import { ErrorMessage } from "../../ui/error-message.tsx";
import { JsonView } from "../../ui/json-view.tsx";
import { tabTrigger } from "../../ui/tabs.ts";
import { keyId, useLive } from "../live/live-provider.tsx";
import { Crumbs, placeCrumbs } from "../shell/crumbs.tsx";
import { callError, useTRPC, useTRPCClient } from "../trpc/client.tsx";
import { SubflowList, TaskRunList } from "./child-lists.tsx";
import { Details } from "./details.tsx";
import { FlowRunHeader } from "./flow-run-header.tsx";
import { History } from "./history.tsx";
import { LogPane } from "./log-pane.tsx";
import { Timeline } from "./timeline.tsx";
import { useChildren } from "./use-children.ts";

const tabs = ["timeline", "tasks", "subflows", "parameters", "details", "history"] as const;

/** One flow run: what happened, why, and what it said. */
export function FlowRunPage({ place, id }: { place: Place; id: string }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [tab, setTab] = useQueryState(
    "tab",
    parseAsStringLiteral(tabs).withDefault("timeline").withOptions({ history: "push" }),
  );
  const options = trpc.flowRun.detail.queryOptions({ place, id });
  const run = useQuery(options);
  const children = useChildren(place, id);

  useLive(
    "flow_run",
    (key) => keyId(key) === id,
    async () => {
      const fresh = await client.flowRun.detail.query({ place, id });
      correctClock(fresh.now);
      queries.setQueryData(options.queryKey, (known) => (known && known.version > fresh.version ? known : fresh));
      await queries.invalidateQueries({ queryKey: trpc.flowRun.states.queryKey({ place, id }) });
    },
  );

  if (run.isPending) return <div aria-hidden className="skeleton h-40" />;
  if (!run.data) {
    const { code, message, requestId } = callError(run.error);
    const isGone = code === "NOT_FOUND";
    return (
      <ErrorMessage
        title={isGone ? "Flow run not found" : "The run could not be read"}
        message={
          isGone
            ? "There is no such run in this workspace. It may have been deleted, or removed by retention."
            : message
        }
        requestId={requestId}
        retry={() => void run.refetch()}
      />
    );
  }
  const { tasks, subflows, isCut } = children;
  return (
    <div className="grid gap-4">
      <Crumbs trail={[...placeCrumbs(place), { label: "Runs", href: paths.runs(place) }, { label: run.data.name }]} />
      <FlowRunHeader place={place} run={run.data} />
      <Tabs.Root
        value={tab}
        onValueChange={(value) => void setTab(value as (typeof tabs)[number])}
        className="grid gap-4"
      >
        <Tabs.List aria-label="Parts of the run" className="flex gap-5 overflow-x-auto border-hairline border-b">
          <Trigger value="timeline" label="Timeline and logs" />
          <Trigger value="tasks" label="Task runs" count={tasks.length} />
          <Trigger value="subflows" label="Subflows" count={subflows.length} />
          <Trigger value="parameters" label="Parameters" />
          <Trigger value="details" label="Details" />
          <Trigger value="history" label="History" />
        </Tabs.List>
        <Tabs.Content value="timeline" className="grid gap-4 outline-none">
          <Timeline
            place={place}
            run={run.data}
            tasks={tasks}
            subflows={subflows}
            isCut={isCut}
            isRead={children.isRead}
          />
          <LogPane place={place} flowRunId={id} tasks={tasks} isOver={run.data.endTime !== null} />
        </Tabs.Content>
        <Tabs.Content value="tasks" className="outline-none">
          <TaskRunList tasks={tasks} isCut={isCut} />
        </Tabs.Content>
        <Tabs.Content value="subflows" className="outline-none">
          <SubflowList place={place} subflows={subflows} />
        </Tabs.Content>
        <Tabs.Content value="parameters" className="outline-none">
          <JsonView text={run.data.parameters} label="Parameters" empty="This run took no parameters." />
        </Tabs.Content>
        <Tabs.Content value="details" className="outline-none">
          <Details run={run.data} />
        </Tabs.Content>
        <Tabs.Content value="history" className="outline-none">
          <History place={place} id={id} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

function Trigger({ value, label, count }: { value: string; label: string; count?: number }) {
  return (
    <Tabs.Trigger value={value} className={tabTrigger}>
      {label}
      {count ? (
        <span className="ml-1.5 rounded-full bg-sunken px-1.5 text-meta text-muted">{count.toLocaleString("en")}</span>
      ) : null}
    </Tabs.Trigger>
  );
}
