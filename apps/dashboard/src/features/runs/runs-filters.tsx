"use client";

import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Place } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { ChoiceMenu } from "../../ui/choice-menu.tsx";
import { stateLook, stateWords } from "../../ui/state.ts";
import { useTRPC } from "../trpc/client.tsx";
import { stateChoices } from "./filter.ts";
import { useRunsFilter } from "./use-filter.ts";

const rangeWords = {
  all: "Any time",
  "1h": "Last hour",
  "24h": "Last 24 h",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
} as const;

const states = stateChoices.map((value) => {
  const name = value.charAt(0) + value.slice(1).toLowerCase();
  const { hue, icon: Icon } = stateLook(value === "LATE" ? "SCHEDULED" : value, name);
  return {
    value,
    label: stateWords(name),
    mark: (
      <span data-hue={hue} className="text-(--on-tint)">
        <Icon aria-hidden className="size-4 text-(--on-tint)!" />
      </span>
    ),
  };
});

/** What the list of runs is narrowed to. */
export function RunsFilters({ place }: { place: Place }) {
  const { filter, isNarrowed, choose, clear } = useRunsFilter();
  const trpc = useTRPC();
  const flows = useQuery(trpc.flow.names.queryOptions({ place }));
  return (
    <search aria-label="Filter runs" className="flex flex-wrap items-center gap-2">
      <NameFilter />
      <ChoiceMenu label="State" choices={states} chosen={filter.state} onChange={(state) => choose({ state })} />
      <ChoiceMenu
        label="Flow"
        choices={(flows.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        chosen={filter.flow}
        onChange={(flow) => choose({ flow })}
      />
      <select
        aria-label="Time range"
        value={filter.range}
        onChange={(event) => choose({ range: event.target.value as keyof typeof rangeWords })}
        className="h-8 rounded-control border border-control/50 bg-surface px-2 text-ui font-medium"
      >
        {Object.entries(rangeWords).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <label className="flex h-8 items-center gap-2 px-1">
        <input
          type="checkbox"
          className="size-4 accent-(--ink)"
          checked={filter.parent === "root"}
          onChange={(event) => choose({ parent: event.target.checked ? "root" : "any" })}
        />
        Hide subflows
      </label>
      {isNarrowed ? (
        <Button kind="quiet" onClick={clear}>
          <X aria-hidden /> Clear filters
        </Button>
      ) : null}
    </search>
  );
}

const TYPING_MS = 250;

function NameFilter() {
  const { filter, type } = useRunsFilter();
  const [text, setText] = useState(filter.name);
  // Back, or "clear", changes the address under the field.
  const [known, setKnown] = useState(filter.name);
  if (known !== filter.name) {
    setKnown(filter.name);
    setText(filter.name);
  }
  useEffect(() => {
    if (text === filter.name) return;
    const timer = setTimeout(() => type(text), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="relative w-60 max-w-full">
      <span className="sr-only">Run name</span>
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-muted" />
      <input
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="Run name"
        className="h-8 w-full rounded-control border border-control/50 bg-surface pr-2 pl-8 placeholder:text-muted"
      />
    </label>
  );
}
