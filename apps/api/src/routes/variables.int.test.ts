import { randomUUID } from "node:crypto";
import { aFlowRun, apiSuite } from "@weir/testing";
import { expect, test } from "vitest";

const suite = apiSuite();
const { call, status } = suite;

type Body = Record<string, unknown>;

test("a variable holds any JSON, by name and by id", async () => {
  const made = await call("POST", "/variables/", { name: "settings", value: { a: [1, null] }, tags: ["x"] });
  expect(made).toMatchObject({ status: 201, body: { name: "settings", value: { a: [1, null] }, tags: ["x"] } });
  expect((await call("GET", "/variables/name/settings")).body).toEqual(made.body);
  expect((await call("GET", `/variables/${made.body.id}`)).body).toEqual(made.body);
  expect(await status("PATCH", "/variables/name/settings", { value: null })).toBe(204);
  expect((await call("GET", "/variables/name/settings")).body).toMatchObject({ value: null, tags: ["x"] });
  expect(await status("PATCH", `/variables/${made.body.id}`, { name: "renamed" })).toBe(204);
  expect(await status("DELETE", "/variables/name/renamed")).toBe(204);
  expect(await status("DELETE", `/variables/${made.body.id}`)).toBe(404);
});

test("a name belongs to one variable", async () => {
  await call("POST", "/variables/", { name: "taken", value: 1 });
  await call("POST", "/variables/", { name: "other", value: 1 });
  const twice = { status: 409, body: { detail: "A variable with the name 'taken' already exists." } };
  expect(await call("POST", "/variables/", { name: "taken", value: 2 })).toMatchObject(twice);
  expect(await call("PATCH", "/variables/name/other", { name: "taken" })).toMatchObject(twice);
});

test.each([
  ["a name with capitals", { name: "Name", value: 1 }],
  ["a name that is too long", { name: "n".repeat(256), value: 1 }],
  ["a value that is too long", { name: "long", value: "v".repeat(5001) }],
  ["no value", { name: "none" }],
])("%s is 422", async (_, body) => {
  expect(await status("POST", "/variables/", body)).toBe(422);
});

test("a variable that is not there is 404 in the words that clients know", async () => {
  for (const [method, path, body] of [
    ["GET", "/variables/name/gone"],
    ["PATCH", "/variables/name/gone", { value: 1 }],
    ["DELETE", "/variables/name/gone"],
    ["GET", `/variables/${randomUUID()}`],
  ] as const) {
    expect(await call(method, path, body)).toMatchObject({ status: 404, body: { detail: "Variable not found." } });
  }
});

test("variables are listed and counted", async () => {
  for (const name of ["list-b", "list-a"]) await call("POST", "/variables/", { name, value: 1, tags: ["listed"] });
  const filter = { variables: { tags: { all_: ["listed"] } } };
  expect((await call("POST", "/variables/filter", { ...filter, sort: null })).body).toMatchObject([
    { name: "list-a" },
    { name: "list-b" },
  ]);
  expect((await call("POST", "/variables/count", filter)).body).toBe(2);
});

test("the latest artifact of a key is found, and the one before when it goes", async () => {
  const key = `k-${randomUUID()}`;
  const flow_run_id = await aFlowRun(suite.ws);
  const [first, second] = [
    await call("POST", "/artifacts/", { key, type: "markdown", data: "# 1", flow_run_id }),
    await call("POST", "/artifacts/", { key, type: "markdown", data: "# 2", metadata_: { long: "x".repeat(600) } }),
  ];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(String((second.body.metadata_ as Body).long)).toHaveLength(503);
  expect((await call("GET", `/artifacts/${key}/latest`)).body).toMatchObject({ id: second.body.id, data: "# 2" });
  const filter = { artifacts: { key: { any_: [key] } } };
  expect((await call("POST", "/artifacts/latest/filter", filter)).body).toMatchObject([
    { key, latest_id: second.body.id },
  ]);
  expect((await call("POST", "/artifacts/filter", { ...filter, sort: null })).body).toMatchObject([
    { id: second.body.id },
    { id: first.body.id },
  ]);
  expect((await call("POST", "/artifacts/count", filter)).body).toBe(2);
  expect((await call("POST", "/artifacts/latest/count", filter)).body).toBe(1);
  const ofRun = { artifacts: filter.artifacts, flow_runs: { id: { any_: [flow_run_id] } } };
  expect((await call("POST", "/artifacts/filter", ofRun)).body).toMatchObject([{ id: first.body.id }]);
  expect(await status("PATCH", `/artifacts/${second.body.id}`, { data: 0.5 })).toBe(204);
  expect((await call("GET", `/artifacts/${second.body.id}`)).body).toMatchObject({ data: 0.5, type: "markdown" });
  expect(await status("DELETE", `/artifacts/${second.body.id}`)).toBe(204);
  expect((await call("GET", `/artifacts/${key}/latest`)).body).toMatchObject({ id: first.body.id });
  expect(await status("DELETE", `/artifacts/${first.body.id}`)).toBe(204);
  expect(await status("GET", `/artifacts/${key}/latest`)).toBe(404);
});

test("an artifact that is not there is 404, a bad key 422", async () => {
  const gone = randomUUID();
  expect(await status("GET", `/artifacts/${gone}`)).toBe(404);
  expect(await status("PATCH", `/artifacts/${gone}`, { data: 1 })).toBe(404);
  expect(await status("DELETE", `/artifacts/${gone}`)).toBe(404);
  expect(await status("POST", "/artifacts/", { key: "Not A Key" })).toBe(422);
});
