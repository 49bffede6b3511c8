"use client";

import type { Place } from "../../paths.ts";
import { Crumbs, placeCrumbs } from "../shell/crumbs.tsx";
import { RunsFilters } from "./runs-filters.tsx";
import { RunsList } from "./runs-list.tsx";

/** The runs of a workspace. */
export function RunsPage({ place, commands }: { place: Place; commands: { login: string } }) {
  return (
    <div className="grid gap-4">
      <Crumbs trail={[...placeCrumbs(place), { label: "Runs" }]} />
      <h1 className="text-page font-semibold">Runs</h1>
      <RunsFilters place={place} />
      <RunsList place={place} commands={commands} />
    </div>
  );
}
