import type { Micros } from "@weir/contracts";
import { expect, test } from "vitest";
import { EventFilter, toQuery } from "./filter.ts";

test("a filter as the client dumps it, empty lists and all, constrains only what is set", () => {
  const dumped = {
    occurred: { since: "2026-11-24T15:27:43.156537Z", until: "2027-11-24T15:28:43Z" },
    event: null,
    resource: { id: [], id_prefix: null, labels: null, distinct: false },
    related: null,
    any_resource: { id: ["prefect.flow-run.x"], id_prefix: null, labels: null },
    id: { id: [] },
    text: null,
    order: "DESC",
  };
  expect(toQuery(EventFilter.parse(dumped), 0 as Micros)).toMatchObject({
    any_resource: [{ id: ["prefect.flow-run.x"] }],
    id: { id: null },
    resource: { id: null },
    order: "DESC",
  });
});

test("members that a filter does not know are refused", () => {
  expect(EventFilter.safeParse({ nmae: [] }).success).toBe(false);
  expect(EventFilter.safeParse({ event: { nmae: [] } }).success).toBe(false);
});
