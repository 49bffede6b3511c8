import type { ArtifactFilter, ArtifactSort, JsonText, RunFilters } from "@weir/contracts";
import type { Db } from "../client.ts";
import { artifactConditions } from "../filters/artifacts.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, sql } from "../sql.ts";

/** An artifact's row. */
export type ArtifactRow = {
  id: string;
  created: string;
  updated: string;
  key: string | null;
  type: string | null;
  description: string | null;
  data: JsonText | null;
  metadata_: JsonText | null;
  flow_run_id: string | null;
  task_run_id: string | null;
};

/** The collection of a key with what its latest artifact says. `id` is the collection's. */
export type ArtifactCollectionRow = Omit<ArtifactRow, "key"> & { key: string; latest_id: string };

/** An artifact to create. Documents are JSON text. */
export type NewArtifact = {
  id: string;
  collectionId: string;
  now: string;
  key: string | null;
  type: string | null;
  description: string | null;
  data: string | null;
  metadata: string | null;
  flowRunId: string | null;
  taskRunId: string | null;
};

const told = "a.key, a.type, a.description, a.data, a.metadata as metadata_, a.flow_run_id, a.task_run_id";
const columns = raw(`a.id, a.created, a.updated, ${told}`);
const collectionColumns = raw(`c.id, c.created, c.updated, c.latest_id, ${told}`);
const collections = raw(
  "artifact_collection c join artifact a on a.workspace_id = c.workspace_id and a.id = c.latest_id",
);

const orders = (alias: string): Record<ArtifactSort, Order> => {
  // Artifacts without a key come after those with one.
  const key = sql`case when ${raw(alias)}.key is null then '1' else '0' || ${raw(alias)}.key end`;
  return {
    ID_DESC: { by: sql`${raw(alias)}.id`, type: "uuid", descending: true },
    CREATED_DESC: { by: sql`${raw(alias)}.created`, type: "timestamptz", descending: true },
    UPDATED_DESC: { by: sql`${raw(alias)}.updated`, type: "timestamptz", descending: true },
    KEY_ASC: { by: key, type: "text", descending: false },
    KEY_DESC: { by: key, type: "text", descending: true },
  };
};

/** Artifacts of one workspace: every version is kept, and a collection per key points at the latest. */
export function artifacts(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Stores an artifact; one with a key becomes the latest of its collection. */
    async create(made: NewArtifact): Promise<ArtifactRow | undefined> {
      const [row] = await db.query<ArtifactRow>(sql`
        with made as (
          insert into artifact as a (workspace_id, id, created, updated, key, type, description, data, metadata, flow_run_id, task_run_id)
          values (${ws}, ${made.id}, ${made.now}, ${made.now}, ${made.key}, ${made.type}, ${made.description}, ${made.data}::json,
                  ${made.metadata}::json, ${made.flowRunId}, ${made.taskRunId})
          returning ${columns}
        ), latest as (
          insert into artifact_collection as c (workspace_id, id, created, updated, key, latest_id)
          select ${ws}, ${made.collectionId}, created, created, key, id from made where key is not null
          on conflict (workspace_id, key) do update set latest_id = excluded.latest_id, updated = excluded.updated
        ), told as (
          insert into outbox (workspace_id, noun, keys) select ${ws}, 'artifact', '[["' || id || '",0]]' from made
        )
        select * from made`);
      return row;
    },

    /** One artifact. */
    async get(id: string): Promise<ArtifactRow | undefined> {
      const [row] = await db.query<ArtifactRow>(
        sql`select ${columns} from artifact a where a.workspace_id = ${ws} and a.id = ${id}`,
      );
      return row;
    },

    /** The latest artifact of a key. */
    async latest(key: string): Promise<ArtifactRow | undefined> {
      const [row] = await db.query<ArtifactRow>(
        sql`select ${columns} from ${collections} where c.workspace_id = ${ws} and c.key = ${key}`,
      );
      return row;
    },

    /** A page of artifacts, every version. */
    async list(
      filter: ArtifactFilter,
      runs: Partial<RunFilters>,
      sort: ArtifactSort,
      position: Position,
      limit: number,
    ): Promise<Page<ArtifactRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders("a")[sort];
      const where = [sql`a.workspace_id = ${ws}`, ...artifactConditions("a", filter, runs)];
      const rows = await db.query<ArtifactRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from artifact a where ${paged(where, order, sql`a.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** A page of collections with their latest artifact. */
    async listLatest(
      filter: ArtifactFilter,
      runs: Partial<RunFilters>,
      sort: ArtifactSort,
      position: Position,
      limit: number,
    ): Promise<Page<ArtifactCollectionRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders("c")[sort];
      const where = [sql`c.workspace_id = ${ws}`, ...artifactConditions("a", filter, runs)];
      const rows = await db.query<ArtifactCollectionRow & { sort_key: string }>(sql`
        select ${collectionColumns}, ${sortKey(order)} from ${collections} where ${paged(where, order, sql`c.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /**
     * What a flow run or a task run made, with its task runs and the subflow runs below it, down to `depth` runs under it.
     * Made between `since` and `until`, both included; by their time.
     */
    async below(
      run: { flowRunId: string } | { taskRunId: string },
      range: { depth: number; since: string | null; until: string | null; descending: boolean; limit: number },
    ): Promise<ArtifactRow[]> {
      // A subflow of a task is one of the task's flow run too: that is what its index leads by.
      const first =
        "flowRunId" in run
          ? sql`select r.id, 0 as depth from flow_run r where r.workspace_id = ${ws} and r.id = ${run.flowRunId}`
          : sql`select r.id, 1 from task_run t
                  join flow_run r on r.workspace_id = t.workspace_id and r.parent_flow_run_id = t.flow_run_id
                 where t.workspace_id = ${ws} and t.id = ${run.taskRunId} and r.parent_task_run_id = t.id and ${range.depth} > 0`;
      const own = "taskRunId" in run ? sql`select ${run.taskRunId}::uuid union all` : sql``;
      return db.query<ArtifactRow>(sql`
        with recursive run (id, depth) as (
          ${first}
          union all
          select c.id, run.depth + 1 from run
            join flow_run c on c.workspace_id = ${ws} and c.parent_flow_run_id = run.id
           where run.depth < ${range.depth}
        ), task (id) as (
          ${own} select t.id from run join task_run t on t.workspace_id = ${ws} and t.flow_run_id = run.id
        ), made as (
          select a.id from run join artifact a on a.workspace_id = ${ws} and a.flow_run_id = run.id
          union
          select a.id from task join artifact a on a.workspace_id = ${ws} and a.task_run_id = task.id
        )
        select ${columns} from made join artifact a on a.workspace_id = ${ws} and a.id = made.id
         where (${range.since}::timestamptz is null or a.created >= ${range.since}::timestamptz)
           and (${range.until}::timestamptz is null or a.created <= ${range.until}::timestamptz)
         order by a.created ${raw(range.descending ? "desc" : "asc")}, a.id ${raw(range.descending ? "desc" : "asc")}
         limit ${range.limit}`);
    },

    /** How many artifacts, or collections, match. */
    async count(filter: ArtifactFilter, runs: Partial<RunFilters>, latest: boolean): Promise<number> {
      const from = latest ? collections : raw("artifact a");
      const where = [sql`a.workspace_id = ${ws}`, ...artifactConditions("a", filter, runs)];
      const [row] = await db.query<{ count: number }>(sql`select count(*) as count from ${from} where ${all(where)}`);
      return row?.count ?? 0;
    },

    /** Sets what is given of an artifact; documents are JSON text. False when there is none. */
    async patch(
      id: string,
      patch: { data?: string | null; description?: string | null; metadata?: string | null },
      now: string,
    ): Promise<boolean> {
      const set = Object.entries(patch).map(([name, value]) =>
        name === "description" ? sql`description = ${value}` : sql`${raw(name)} = ${value}::json`,
      );
      const rows = await db.query(sql`
        with changed as (
          update artifact set ${join([...set, sql`updated = ${now}`], ", ")} where workspace_id = ${ws} and id = ${id} returning id, key
        ), latest as (
          update artifact_collection c set updated = ${now} from changed
           where c.workspace_id = ${ws} and c.key = changed.key and c.latest_id = changed.id
        ), told as (
          insert into outbox (workspace_id, noun, keys) select ${ws}, 'artifact', '[["' || id || '",0]]' from changed
        )
        select id from changed`);
      return rows.length > 0;
    },

    /** Deletes an artifact; its collection points at the version before, or goes with the last one. */
    async remove(id: string): Promise<boolean> {
      return db.transaction(async (query) => {
        const [gone] = await query<{ key: string | null }>(sql`
          with gone as (
            delete from artifact where workspace_id = ${ws} and id = ${id} returning id, key
          ), told as (
            insert into outbox (workspace_id, noun, keys) select ${ws}, 'artifact', '[["' || id || '",0]]' from gone
          )
          select key from gone`);
        if (!gone) return false;
        if (gone.key !== null) {
          await query(sql`
            update artifact_collection c
               set latest_id = a.id
              from (select id from artifact where workspace_id = ${ws} and key = ${gone.key} order by id desc limit 1) as a
             where c.workspace_id = ${ws} and c.key = ${gone.key} and c.latest_id = ${id}`);
          await query(
            sql`delete from artifact_collection where workspace_id = ${ws} and key = ${gone.key} and latest_id = ${id}`,
          );
        }
        return true;
      });
    },
  };
}
