import { EMPTY_OBJECT, jsonText } from "@weir/contracts";
import { expect, test } from "vitest";
import { jobVariablesFault } from "../../deployment/checks.ts";
import { jobOf } from "../job.ts";
import { BaseJobTemplate } from "../template.ts";
import { isConfigured, isServed, workPoolTypes } from "./all.ts";

const every = Object.values(workPoolTypes).flatMap((types) => Object.values(types));

test("every type that clients know is listed, once", () => {
  expect(every.map(({ type }) => type).sort()).toEqual([
    "azure-container-instance",
    "azure-container-instance:push",
    "cloud-run",
    "cloud-run-v2",
    "cloud-run-v2:push",
    "cloud-run:push",
    "coiled:push",
    "docker",
    "ecs",
    "ecs:push",
    "kubernetes",
    "modal:push",
    "prefect:managed",
    "process",
    "vertex-ai",
  ]);
});

test.each(every.map((one) => [one.type, one] as const))(
  "a pool and a run can be made of the template of %s",
  (_, one) => {
    const template = jsonText(one.default_base_job_configuration);
    expect(BaseJobTemplate.safeParse(template).error?.issues).toBeUndefined();
    const given = jsonText({ env: { A: "1", B: null }, name: null });
    expect(jobVariablesFault(template, [given], true)).toBeUndefined();
    expect(jobVariablesFault(template, [jsonText({ env: "none" })], true)).toMatch(/'env'/);
  },
);

test.each(every.filter(({ type }) => isServed(type)).map((one) => [one.type, one] as const))(
  "a pool of type %s is configured once its credentials have a default",
  (type, { default_base_job_configuration: template }) => {
    expect(isConfigured(type, template)).toBe(type === "prefect:managed");
    const filled = structuredClone(template);
    for (const field of Object.values(filled.variables.properties))
      if ("allOf" in field) field.default = { $ref: { block_document_id: "x" } };
    expect(isConfigured(type, filled)).toBe(true);
    expect(isConfigured(type, {})).toBe(type === "prefect:managed");
  },
);

test.each(every.map((one) => [one.type]))(
  "a pool of type %s without a template of its own makes jobs of its type's",
  (type) => {
    const one = { id: "01a20e0d-48bb-791a-86ba-293913ea8829", name: "one" };
    const variables = { deployment: jsonText({ env: { A: "1" } }), run: jsonText({ env: { B: "2" } }) };
    const subject = { run: one, flow: one, deployment: null, pool: one };
    expect(jobOf({ type, base_job_template: EMPTY_OBJECT }, variables, subject).value()).toMatchObject({
      ...{ name: "one", command: "prefect flow-run execute", labels: { "prefect.io/flow-run-id": one.id } },
      env: { A: "1", B: "2", PREFECT__FLOW_RUN_ID: one.id },
    });
  },
);
