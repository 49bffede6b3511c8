import { jsonText } from "@weir/contracts";
import { expect, test } from "vitest";
import { jobVariablesFault } from "../../deployment/checks.ts";
import { BaseJobTemplate } from "../template.ts";
import { isConfigured, isServed, workPoolTypes, workPoolTypesFor } from "./all.ts";

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

test("pools of agents are for releases of 2 to make, which alone have agents", () => {
  const has = (version?: string) => Object.keys(workPoolTypesFor(version).prefect ?? {});
  expect(has("2.20.27")).toEqual(["process", "prefect-agent"]);
  expect([has(), has("3.0.0rc20"), has("3.8.8")]).toEqual([["process"], ["process"], ["process"]]);
  expect(workPoolTypesFor("2.20.27").prefect).toHaveProperty("prefect-agent.default_base_job_configuration", {});
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
