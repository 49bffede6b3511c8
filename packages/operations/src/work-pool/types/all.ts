import { EMPTY_OBJECT, type JsonText, jsonText } from "@weir/contracts";
import type { Starter } from "@weir/core";
import { isBefore } from "../../client-version.ts";
import { ecsTemplate } from "./aws.ts";
import { containerInstanceTemplate } from "./azure.ts";
import { servedType, type WorkPoolType, workerType } from "./fields.ts";
import { cloudRunTemplate, cloudRunV2Template, vertexTemplate } from "./gcp.ts";
import { dockerTemplate, kubernetesTemplate, managedTemplate, processTemplate } from "./local.ts";
import { coiledTemplate, modalTemplate } from "./served.ts";

const byPackage: Record<string, WorkPoolType[]> = {
  prefect: [
    workerType(
      "process",
      "Process",
      "Runs flows as processes on the worker's machine. The simplest way to start.",
      "prefect",
      processTemplate,
    ),
  ],
  "prefect-docker": [
    workerType("docker", "Docker", "Runs each flow in a Docker container.", "prefect-docker", dockerTemplate),
  ],
  "prefect-kubernetes": [
    workerType(
      "kubernetes",
      "Kubernetes",
      "Runs each flow as a job of a Kubernetes cluster.",
      "prefect-kubernetes",
      kubernetesTemplate,
    ),
  ],
  "prefect-aws": [
    workerType("ecs", "AWS Elastic Container Service", "Runs each flow as an ECS task.", "prefect-aws", ecsTemplate),
    servedType(
      "ecs:push",
      "AWS Elastic Container Service - Push",
      "Runs each flow as an ECS task, without a worker of yours.",
      ecsTemplate,
    ),
  ],
  "prefect-azure": [
    workerType(
      "azure-container-instance",
      "Azure Container Instances",
      "Runs each flow in a container group of Azure.",
      "prefect-azure",
      containerInstanceTemplate,
    ),
    servedType(
      "azure-container-instance:push",
      "Azure Container Instances - Push",
      "Runs each flow in a container group of Azure, without a worker of yours.",
      containerInstanceTemplate,
    ),
  ],
  "prefect-gcp": [
    workerType("cloud-run", "Google Cloud Run", "Runs each flow as a Cloud Run job.", "prefect-gcp", cloudRunTemplate),
    workerType(
      "cloud-run-v2",
      "Google Cloud Run V2",
      "Runs each flow as a Cloud Run job, by the second interface.",
      "prefect-gcp",
      cloudRunV2Template,
    ),
    workerType("vertex-ai", "Google Vertex AI", "Runs each flow as a Vertex AI job.", "prefect-gcp", vertexTemplate),
    servedType(
      "cloud-run:push",
      "Google Cloud Run - Push",
      "Runs each flow as a Cloud Run job, without a worker of yours.",
      cloudRunTemplate,
    ),
    servedType(
      "cloud-run-v2:push",
      "Google Cloud Run V2 - Push",
      "Runs each flow as a Cloud Run job by the second interface, without a worker of yours.",
      cloudRunV2Template,
    ),
  ],
  "prefect-modal": [
    servedType("modal:push", "Modal - Push", "Runs each flow in a sandbox of Modal, without a worker.", modalTemplate),
  ],
  "prefect-coiled": [
    servedType(
      "coiled:push",
      "Coiled - Push",
      "Runs each flow on a machine that Coiled starts in your cloud, without a worker.",
      coiledTemplate,
    ),
  ],
  "prefect-managed": [
    servedType("prefect:managed", "Managed", "Runs each flow on machines of Weir's own.", managedTemplate),
  ],
};

/** Every type of work pool, by the client package that has its worker and by its name. */
export const workPoolTypes: Record<string, Record<string, WorkPoolType>> = Object.fromEntries(
  Object.entries(byPackage).map(([name, types]) => [name, Object.fromEntries(types.map((one) => [one.type, one]))]),
);

const withAgents = {
  ...workPoolTypes,
  prefect: {
    ...workPoolTypes.prefect,
    "prefect-agent": {
      ...workerType(
        "prefect-agent",
        "Prefect Agent",
        "Agents of Prefect 2 start the runs, as the infrastructure of each deployment says.",
        "prefect",
        processTemplate,
      ),
      // Agents make no jobs of a template.
      default_base_job_configuration: {},
    },
  },
};

/** The types that a client of this version can make pools of, as `workPoolTypes`: agents ended with release 2. */
export function workPoolTypesFor(version: string | undefined): Record<string, Record<string, object>> {
  return isBefore(version, [3, 0, 0]) ? withAgents : workPoolTypes;
}

/** What a pool makes jobs of: its own template or, where that is empty, its type's; empty for a type that only its workers know. */
export function templateOf(type: string, own: JsonText): JsonText {
  if (own.text !== "{}") return own;
  const known = Object.values(workPoolTypes).find((types) => Object.hasOwn(types, type))?.[type];
  return known ? jsonText(known.default_base_job_configuration) : EMPTY_OBJECT;
}

/** Variables that hold the credentials of a pool whose runs Weir starts; there are none where it uses its own machines. */
const credentialsOf: Record<string, string> = {
  "ecs:push": "aws_credentials",
  "cloud-run:push": "credentials",
  "cloud-run-v2:push": "credentials",
  "azure-container-instance:push": "aci_credentials",
  "modal:push": "modal_credentials",
  "coiled:push": "credentials",
};

/** Whether it is for Weir itself to start the runs of a type of pool: no worker ever asks for them. */
export function isServed(type: string): boolean {
  return type.endsWith(":push") || type.endsWith(":managed");
}

/** Types of pool whose runs Weir starts today. A test holds them to the submitters of `apps/background`. */
export const submittedTypes: readonly string[] = [];

/** Who starts the runs of a type of pool. */
export function startedBy(type: string): Starter {
  if (!isServed(type)) return "workers";
  return submittedTypes.includes(type) ? "submitter" : "nobody";
}

/** Whether a pool whose runs Weir starts has what it takes: credentials, by default. */
export function isConfigured(type: string, template: Record<string, unknown>): boolean {
  const name = credentialsOf[type];
  if (name === undefined) return type.endsWith(":managed");
  const { variables } = template as { variables?: { properties?: Record<string, { default?: unknown } | undefined> } };
  return (variables?.properties?.[name]?.default ?? null) !== null;
}
