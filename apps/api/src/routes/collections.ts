import type { Services } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { plainWorkspaceDoors } from "../door.ts";

const text = (title: string, description: string) => ({
  title,
  description,
  anyOf: [{ type: "string" }, { type: "null" }],
  default: null,
});

/** What can be told a worker that starts runs as processes of its own machine, and how its job is made of it. */
const processTemplate = {
  job_configuration: {
    command: "{{ command }}",
    env: "{{ env }}",
    labels: "{{ labels }}",
    name: "{{ name }}",
    stream_output: "{{ stream_output }}",
    working_dir: "{{ working_dir }}",
  },
  variables: {
    type: "object",
    properties: {
      name: text("Name", "Name of the process."),
      env: {
        title: "Environment Variables",
        description: "Environment variables of the process.",
        type: "object",
        additionalProperties: { anyOf: [{ type: "string" }, { type: "null" }] },
      },
      labels: {
        title: "Labels",
        description: "Labels of the process.",
        type: "object",
        additionalProperties: { type: "string" },
      },
      command: text("Command", "The command that starts the run. Leave it empty to let the worker choose."),
      stream_output: {
        title: "Stream Output",
        description: "Show what the process prints in the worker's own output.",
        type: "boolean",
        default: true,
      },
      working_dir: {
        title: "Working Directory",
        description: "Folder to run in. A temporary one when empty.",
        anyOf: [{ type: "string", format: "path" }, { type: "null" }],
        default: null,
      },
    },
  },
};

/** Types of work pool, by the client package that has their worker. A type that is not here cannot be created. */
const workPoolTypes = {
  prefect: {
    process: {
      type: "process",
      display_name: "Process",
      description: "Runs flows as processes on the worker's machine. The simplest way to start.",
      documentation_url: "https://docs.prefect.io/latest/deploy/infrastructure-concepts/workers",
      logo_url: null,
      install_command: "pip install prefect",
      is_beta: false,
      default_base_job_configuration: processTemplate,
    },
  },
};

/** `/collections`: what work pools can be made of, in the shape of each client mode. */
export function collectionRoutes(app: FastifyInstance, services: Services): void {
  const door = plainWorkspaceDoors(app, services);
  door("GET", "/collections/work_pool_types", 200, () => workPoolTypes);
  door("GET", "/collections/views/aggregate-worker-metadata", 200, () => workPoolTypes);
}
