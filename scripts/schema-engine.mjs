#!/usr/bin/env node
/**
 * Prisma's schema engine, from npm alone.
 *
 * The Prisma command line starts a native `schema-engine` binary and talks JSON-RPC with it over stdin and stdout, one
 * message a line. That binary comes from a host that is not a package registry. The same engine is published to npm as
 * WebAssembly, so this script stands in for the binary: same protocol, same `cli` subcommands, the WebAssembly engine
 * behind them, and @prisma/adapter-pg for the database. TypedSQL (`introspectSql`) is left out.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import pg from "pg";

const enginePackage = new URL("./", import.meta.resolve("@prisma/schema-engine-wasm"));

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    version: { type: "boolean" },
    datasource: { type: "string" },
    datamodels: { type: "string", multiple: true },
  },
});

if (flags.version) {
  // The CLI compares this with the hash it was built against: the last part of the package's version.
  const { version } = JSON.parse(readFileSync(new URL("package.json", enginePackage), "utf8"));
  console.log(`schema-engine-cli ${version.split(".").at(-1)}`);
} else if (positionals[0] === "cli") {
  await runSubcommand(positionals[1]);
} else {
  await serve();
}

/** The datasource as pg's own fields. `?schema=` is Prisma's, not PostgreSQL's: it is taken out. */
function datasource() {
  const { url } = JSON.parse(flags.datasource ?? "{}");
  // `validate` and `generate` need no database, yet the engine wants an address when it is made.
  const address = new URL(url ?? "postgresql://nobody@127.0.0.1:1/none");
  const schema = address.searchParams.get("schema") ?? undefined;
  address.searchParams.delete("schema");
  const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: address.href });
  return { schema, config: { host, port, user, password, database: database || "postgres", ssl } };
}

/** Runs one statement on the `postgres` database of the same server, with the target's name quoted. */
async function onServer(statement) {
  const { config } = datasource();
  const client = new pg.Client({ ...config, database: "postgres" });
  await client.connect();
  try {
    return await statement(client, config.database, pg.escapeIdentifier(config.database));
  } finally {
    await client.end();
  }
}

function createDatabase() {
  return onServer(async (client, name, quoted) => {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${quoted}`);
    return name;
  });
}

async function runSubcommand(name) {
  const subcommands = {
    "can-connect-to-database": async () => {
      const client = new pg.Client(datasource().config);
      await client.connect();
      await client.end();
    },
    "create-database": createDatabase,
    "drop-database": () => onServer((client, _, quoted) => client.query(`drop database if exists ${quoted}`)),
  };
  try {
    const run = subcommands[name];
    if (!run) throw new Error(`This schema engine has no subcommand "${name}".`);
    await run();
  } catch (error) {
    const message = error.message || `Can't reach the database server (${error.code}).`;
    const fields = { message, is_panic: false, error_code: prismaCode(error.code) };
    const line = { timestamp: new Date().toISOString(), level: "ERROR", fields, target: "schema_engine::logger" };
    process.stderr.write(`\n${JSON.stringify(line)}\n`);
    process.exitCode = 1;
  }
}

/** Prisma's error code for a driver's or PostgreSQL's. */
function prismaCode(code) {
  switch (code) {
    case "3D000": // no such database
      return "P1003";
    case "28000": // not allowed to sign in
    case "28P01": // wrong password
      return "P1000";
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "ENOENT":
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
      return "P1001";
    default:
      return "P1011";
  }
}

/** Answers requests one after the other until stdin ends. */
async function serve() {
  const engine = lazily(openEngine);
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

  const answer = async ({ id, method, params }) => {
    try {
      let result;
      if (method === "createDatabase") result = { databaseName: await createDatabase() };
      else {
        const opened = await engine();
        const call = method === "getDatabaseVersion" ? "version" : method;
        if (call === "introspectSql" || typeof opened[call] !== "function") {
          throw new Error(`This schema engine cannot do "${method}".`);
        }
        result = await opened[call](params);
      }
      // The native engine prints a diff through the client, as a request of its own, before it answers.
      if (method === "diff" && result?.stdout) {
        send({ id: `print-${id}`, method: "print", params: { content: result.stdout.replace(/\n$/, "") } });
      }
      send({ id, result: result ?? null });
    } catch (error) {
      const data = { is_panic: false, message: error.message ?? String(error), meta: error.meta ?? {} };
      if (error.code) data.error_code = error.code;
      send({ id, error: { code: 4466, message: "An error happened. Check the data field for details.", data } });
    }
  };

  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const message = JSON.parse(line);
    if (message.method) await answer(message); // anything else answers one of our prints
  }
  process.exit(0); // pools keep the process alive otherwise
}

async function openEngine() {
  const [bindings, { bindMigrationAwareSqlAdapterFactory }, { PrismaPg }] = await Promise.all([
    import("@prisma/schema-engine-wasm/schema_engine_bg"),
    import("@prisma/driver-adapter-utils"),
    import("@prisma/adapter-pg"),
  ]);
  const wasm = readFileSync(fileURLToPath(new URL("schema_engine_bg.wasm", enginePackage)));
  const { instance } = await WebAssembly.instantiate(wasm, { "./schema_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
  // Where the engine leaves the reason before it panics; without it the reason is lost.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => process.stderr.write(`${message}\n`) };
  instance.exports.__wbindgen_start();

  const { config, schema } = datasource();
  // Fields, never `connectionString`: pg lets that win over `database`, and the shadow database, on which the engine
  // replays every migration, would then be the real one.
  const factoryFor = (database) => new PrismaPg({ ...config, database, max: 2 }, { schema });
  const main = factoryFor(config.database);

  const connectToShadowDb = async () => {
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    await onServer((client) => client.query(`create database "${name}"`));
    const shadow = await factoryFor(name).connect();
    const dispose = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await dispose();
      await onServer((client) => client.query(`drop database if exists "${name}" with (force)`));
    };
    return fitForEngine(shadow);
  };

  const models = (flags.datamodels ?? []).map((path) => [path, readFileSync(path, "utf8")]);
  const log = (line) => process.env.DEBUG_SCHEMA_ENGINE && process.stderr.write(`${line}\n`);
  return bindings.SchemaEngine.new(
    { datamodels: models.length > 0 ? models : undefined },
    log,
    bindMigrationAwareSqlAdapterFactory({
      provider: main.provider,
      adapterName: main.adapterName,
      connect: async () => fitForEngine(await main.connect()),
      connectToShadowDb,
    }),
  );
}

/**
 * Mends what adapter-pg lacks for the engine alone: catalogue columns of type "char" (oid 18), which it does not know, are
 * read as varchar (1043) and told to the engine as characters; and a script goes to PostgreSQL whole, where the adapter
 * would cut it at every `;`, inside `$$` bodies too.
 */
function fitForEngine(connection) {
  const { queryRaw } = connection;
  connection.queryRaw = async (query) => {
    const result = await connection.performIO(query);
    const isChar = result.fields.map((field) => field.dataTypeID === 18);
    for (const field of result.fields) if (field.dataTypeID === 18) field.dataTypeID = 1043;
    const answer = await queryRaw.call({ __proto__: connection, performIO: async () => result }, query);
    answer.columnTypes = answer.columnTypes.map((type, index) => (isChar[index] ? ColumnTypeEnum.Character : type));
    return answer;
  };
  connection.executeScript = (script) =>
    connection.client.query(script).then(
      () => undefined,
      (error) => connection.onError(error),
    );
  if (connection.startTransaction) {
    const start = connection.startTransaction.bind(connection);
    connection.startTransaction = async (...args) => fitForEngine(await start(...args));
  }
  return connection;
}

/** Calls `make` once, on first use. */
function lazily(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}
