import { startTestApi, type TestApi, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainDoors, publishedDoors } from "../door.ts";

type Operation = {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: { content: { "application/json": { schema: Record<string, unknown> } } };
  responses: Record<string, unknown>;
};
type Document = { openapi: string; paths: Record<string, Record<string, Operation>>; components: object };

let database: TestDatabase;
let api: TestApi;
let text: string;
let document: Document;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  text = await (await fetch(`${api.origin}/api/openapi.json`)).text();
  document = JSON.parse(text) as Document;
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test("every door is in the published document, once", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(operations()).toHaveLength(publishedDoors().length + plainDoors().length);
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("what a path names is a parameter, and not in the body too", () => {
  // There a body's `name` is the new one.
  const renames = ["/variables/name/{name}"];
  for (const { path, method, operation } of operations()) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect([method, path, operation.parameters.filter((one) => one.in === "path").map(({ name }) => name)]).toEqual([
      method,
      path,
      inPath,
    ]);
    if (renames.some((one) => path.endsWith(one))) continue;
    const properties = operation.requestBody?.content["application/json"].schema.properties ?? {};
    expect([method, path, Object.keys(properties).filter((name) => inPath.includes(name))]).toEqual([method, path, []]);
  }
});

test("every reference leads somewhere", () => {
  for (const [, reference = ""] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
    expect(reference).toMatch(/^#\/components\//);
    const target = reference
      .slice(2)
      .split("/")
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
    expect([reference, target]).toEqual([reference, expect.anything()]);
  }
});

test("a body is described as it is sent", () => {
  const at = (method: string, path: string) =>
    document.paths[`/accounts/{account_id}/workspaces/{workspace_id}${path}`]?.[method]?.requestBody?.content[
      "application/json"
    ].schema;
  expect(at("post", "/flows/")).toMatchObject({
    type: "object",
    properties: { name: { type: "string" } },
    required: ["name"],
  });
  expect(at("post", "/logs/")).toMatchObject({ type: "array" });
  expect(at("patch", "/variables/name/{name}")).toMatchObject({ type: "object" });
  expect(text.length).toBeLessThan(1_000_000);
});
