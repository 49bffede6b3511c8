import type { JsonText } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { arrays, type RowId, rowIds, unnest } from "./columns.ts";
import { execute, isDatabaseDown } from "./statement.ts";

/** A flow's row. */
export type FlowRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  tags: string[];
  labels: JsonText;
  created_by: JsonText | null;
  updated_by: JsonText | null;
};

const statement = {
  name: "flow_read",
  text: `
    select f.workspace_id, f.id, f.created, f.updated, f.name, f.tags, f.labels, f.created_by, f.updated_by
      from ${unnest(rowIds, { as: "wanted" })}
      join flow f on f.workspace_id = wanted.workspace_id and f.id = wanted.id`,
};

/** Reads flows by id, many in one statement: every new run asks for its flow. */
export function flowReader(db: Pick<Db, "hot">) {
  return new Batcher<RowId, FlowRow | undefined>({
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<FlowRow & { workspace_id: string }>(db, statement, arrays(items, rowIds));
      const found = new Map(rows.map(({ workspace_id, ...row }) => [workspace_id + row.id, row]));
      return items.map((item) => found.get(item.workspaceId + item.id));
    },
  });
}
