import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { packedColumns, unpackBody } from "./event-body.ts";
import { migrate } from "./migrate.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const migrations = join(root, "prisma/migrations");
const server = inject("postgresUrl");
const made: string[] = [];
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "weir-migrate-"));
  await cp(migrations, dir, { recursive: true });
});

afterAll(async () => {
  await rm(dir, { recursive: true });
  for (const name of made) await query(server, `drop database if exists ${name} with (force)`);
});

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function emptyDatabase(): Promise<string> {
  const name = `migrate_${process.pid}_${made.length}`;
  made.push(name);
  await query(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Prisma's own command line, at this database. */
function prisma(url: string, args: string[]): string {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, DATABASE_URL: url, CHECKPOINT_DISABLE: "1" };
  return execFileSync(join(root, "node_modules/.bin/prisma"), args, {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: "pipe",
  });
}

/** A copy of the committed migrations with one more. */
async function withExtra(name: string, sql: string): Promise<string> {
  const copy = await mkdtemp(join(dir, "copy-"));
  await cp(migrations, copy, { recursive: true });
  await mkdir(join(copy, name));
  await writeFile(join(copy, name, "migration.sql"), sql);
  return copy;
}

test("an empty database gets every migration once, and a second call none", async () => {
  const url = await emptyDatabase();
  expect((await migrate(url, migrations)).length).toBeGreaterThan(0);
  expect(await migrate(url, migrations)).toEqual([]);
});

test("of five callers at once, one applies the migrations and the others find them applied", async () => {
  const url = await emptyDatabase();
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(url, migrations)));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
});

test("the migrated tables are the tables of the schema, by Prisma's own comparison", async () => {
  const url = await emptyDatabase();
  await migrate(url, migrations);
  const args = ["migrate", "diff", "--from-config-datasource", "--to-schema", "prisma/schema", "--exit-code"];
  expect(prisma(url, args)).toContain("No difference detected");
});

test("Prisma's own command line finds nothing left to do", async () => {
  const url = await emptyDatabase();
  await migrate(url, migrations);
  expect(prisma(url, ["migrate", "deploy"])).toContain("No pending migrations to apply");
});

test("a database with a migration that the code does not know is refused and left alone", async () => {
  const url = await emptyDatabase();
  const newer = await withExtra("99990101000000_later", "create table later (id int primary key)");
  await migrate(url, newer);
  await expect(migrate(url, migrations)).rejects.toMatchObject({ fault: "newer-schema" });
});

test("a migration that fails changes nothing, says why, and is not tried again until resolved", async () => {
  const url = await emptyDatabase();
  await migrate(url, migrations);
  const broken = await withExtra("99990101000000_broken", "create table half (id int); select no_such_function()");
  await expect(migrate(url, broken)).rejects.toMatchObject({ fault: "failed" });
  await expect(migrate(url, broken)).rejects.toMatchObject({ fault: "half-done" });
  expect(await query(url, "select to_regclass('half') as found")).toEqual([{ found: null }]);
});

test("events that were stored before their keys were short are found by their resources, and read as they were", async () => {
  const url = await emptyDatabase();
  const before = await mkdtemp(join(dir, "copy-"));
  await cp(migrations, before, { recursive: true, filter: (path) => !path.endsWith("_bytes") });
  await migrate(url, before);
  const body = JSON.stringify({
    event: "prefect.flow-run.Running",
    related: [{ "prefect.resource.id": "prefect.flow.f" }],
  });
  await query(
    url,
    `create table part.event_all partition of event default;
     create table part.event_resource_all partition of event_resource default;
     insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
     select ws, at, id, 7, at, 'prefect.flow-run.Running', resource, '${body.padEnd(2_040)}'
       from (values ('01a20e0d-48bb-791a-86ba-293913ea8829'::uuid, '2026-06-10T12:00:00.000001Z'::timestamptz,
               '01a20e0d-48bb-791a-86ba-29391fea8830'::uuid, 'prefect.flow-run.01a20e0d-48bb-791a-86ba-293913ea8831'),
              ('01a20e0d-48bb-791a-86ba-293913ea8829', '2026-06-10T12:00:00.000001Z', '01a20e0d-48bb-791a-86ba-293913ea8832', 'other'))
              as v (ws, at, id, resource);
     insert into event_resource (workspace_id, resource_id, occurred, event_id, retention_days)
     select workspace_id, resource_id, occurred, id, 7 from event`,
  );
  await migrate(url, migrations);
  for (const resource of ["prefect.flow-run.01a20e0d-48bb-791a-86ba-293913ea8831", "other"]) {
    const found = await query(
      url,
      `select ${packedColumns} from event_resource er join event e on e.workspace_id = er.workspace_id
          and e.occurred = er.occurred and event_key(e.id) = er.event_key
        where er.resource_key = resource_key(er.workspace_id, '${resource}')`,
    );
    expect(found).toMatchObject([{ resource_id: resource }]);
    expect(unpackBody({ ...found[0], occurred: "2026-06-10T12:00:00.000001Z" })).toBe(body);
  }
});

test("a database that somebody else uses is refused", async () => {
  const url = await emptyDatabase();
  await query(url, "create table theirs (id int)");
  await expect(migrate(url, migrations)).rejects.toMatchObject({ fault: "not-ours" });
});

test("a database that does not answer is said to, without its password", async () => {
  const failure = migrate("postgresql://weir:hush@127.0.0.1:1/weir", migrations);
  await expect(failure).rejects.toMatchObject({ fault: "unreachable" });
  await expect(failure).rejects.not.toThrow(/hush/);
});
