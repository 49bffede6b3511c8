import { randomUUID } from "node:crypto";
import { aFlow, apiSuite, processorMs } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const { call } = suite;

beforeAll(async () => {
  await call("POST", "/variables/", { name: "region", value: "eu" });
});

type Body = Record<string, unknown>;
const ofInteger = { type: "object", properties: { x: { type: "integer" }, where: { type: "string" } } };

async function aDeployment(more: Body = {}): Promise<string> {
  const body = {
    flow_id: await aFlow(suite.ws),
    name: `d-${randomUUID()}`,
    parameter_openapi_schema: ofInteger,
    ...more,
  };
  const made = await call("POST", "/deployments/", body);
  expect(made.status).toBe(201);
  return String(made.body.id);
}

const variable = (variable_name: string) => ({ __prefect_kind: "workspace_variable", variable_name });

test("a run's parameters hold what its placeholders stand for, and only then are checked", async () => {
  const id = await aDeployment({ parameters: { where: variable("region") } });
  const parameters = { x: { __prefect_kind: "json", value: "7" } };
  const run = await call("POST", `/deployments/${id}/create_flow_run`, { parameters });
  expect(run).toMatchObject({ status: 201, body: { parameters: { where: "eu", x: 7 } } });
  const wrong = await call("POST", `/deployments/${id}/create_flow_run`, { parameters: { x: variable("region") } });
  expect(wrong.status).toBe(409);
  expect(wrong.body.detail).toMatch(/^Error creating flow run: Validation failed for field 'x'/);
});

test("a placeholder for what is not there is 400, for a run and for a deployment, and alone in a batch", async () => {
  const id = await aDeployment();
  const parameters = { where: variable("gone") };
  const because = "Variable 'gone' not found in workspace.";
  expect(await call("POST", `/deployments/${id}/create_flow_run`, { parameters })).toEqual({
    status: 400,
    body: { detail: `Error hydrating flow run parameters: ${because}` },
  });
  expect(await call("PATCH", `/deployments/${id}`, { parameters })).toEqual({
    status: 400,
    body: { detail: `Error hydrating deployment parameters: ${because}` },
  });
  const { body } = await call("POST", `/deployments/${id}/create_flow_run/bulk`, [{ parameters }, {}]);
  expect(body.results).toMatchObject([
    { status: "FAILED", flow_run_id: null },
    { status: "CREATED", error: null },
  ]);
});

test("of a batch, runs that do not fit the schema fail with why, and the others are made", async () => {
  const id = await aDeployment();
  const { body } = await call("POST", `/deployments/${id}/create_flow_run/bulk`, [
    { parameters: { x: 1 } },
    { parameters: { x: "one" } },
  ]);
  expect(body.results).toMatchObject([
    { status: "CREATED" },
    { status: "FAILED", error: expect.stringContaining("'one' is not of type 'integer'") },
  ]);
});

const doubling = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [
    `d${n}`,
    n === 0 ? { type: "integer" } : { allOf: [{ $ref: `#/$defs/d${n - 1}` }, { $ref: `#/$defs/d${n - 1}` }] },
  ]),
);

test.each([
  ["goes round in circles", { $ref: "#/$defs/x", $defs: { x: { $ref: "#/$defs/x" } } }, "circular references"],
  ["has a pattern that never ends", { properties: { x: { type: "string", pattern: "^(a+)+$" } } }, "takes too long"],
  ["doubles at each step", { properties: { n: { $ref: "#/$defs/d39" } }, $defs: doubling }, "takes too long"],
])("a schema that %s is 422, and soon", async (_, schema, because) => {
  const flow_id = await aFlow(suite.ws);
  const parameters = { x: `${"a".repeat(60)}b`, n: 1 };
  const spent = await processorMs(async () => {
    const { status, body } = await call("POST", "/deployments/", {
      flow_id,
      name: "bomb",
      parameters,
      parameter_openapi_schema: schema,
    });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(because);
  });
  expect(spent).toBeLessThan(2_000);
});

test("a template that never ends is 422, and soon", async () => {
  const id = await aDeployment();
  const template = "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}";
  const parameters = { where: { __prefect_kind: "jinja", template } };
  const spent = await processorMs(async () => {
    expect((await call("POST", `/deployments/${id}/create_flow_run`, { parameters })).status).toBe(422);
  });
  expect(spent).toBeLessThan(2_000);
});

test("a form's values are checked: every fault at its place", async () => {
  const schema = { ...ofInteger, required: ["name"] };
  const values = { x: "a", where: variable("gone"), list: [1] };
  expect(await call("POST", "/ui/schemas/validate", { schema, values })).toEqual({
    status: 200,
    body: {
      valid: false,
      errors: [
        { property: "where", errors: ["Variable 'gone' not found in workspace."] },
        { property: "name", errors: ["'name' is a required property"] },
        { property: "x", errors: ["'a' is not of type 'integer', 'null'"] },
      ],
    },
  });
  const fine = { name: "n", x: { __prefect_kind: "jinja", template: "{{ y }}" } };
  expect((await call("POST", "/ui/schemas/validate", { schema, values: fine })).body).toEqual({
    valid: true,
    errors: [],
  });
  expect((await call("POST", "/ui/schemas/validate", { schema: { $ref: "#/gone" }, values })).status).toBe(422);
});
