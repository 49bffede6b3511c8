"use client";

import { useNow } from "../../ui/clock.ts";
import { zoneName } from "../../ui/time.ts";

/** The zone that all times on the page are in. */
export function ZoneChip() {
  const isKnown = useNow() > 0;
  return <span className="hidden text-meta text-muted lg:inline">{isKnown ? zoneName() : ""}</span>;
}
