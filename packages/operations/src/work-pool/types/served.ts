import { block, blockType, common, flag, type JobTemplate, number, slots, text, texts, whole } from "./fields.ts";

const modal = {
  ...common,
  image: text("Image", "Image of the function. That of the client's own version when empty."),
  modal_credentials: block("Modal Credentials", "How to sign in to Modal.", "ModalCredentials"),
  cpu: number("CPU", "Processors of the sandbox."),
  memory: whole("Memory", "Memory in MiB."),
  gpu: text("GPU", "Kind of graphics processor."),
  timeout: whole("Timeout", "Seconds that a run may take.", { default: 86_400 }),
  cloud: text("Cloud", "Cloud to run in, such as aws or gcp."),
  region: text("Region", "Region of that cloud."),
};

/** Sandboxes of Modal. */
export const modalTemplate: JobTemplate = {
  job_configuration: slots(...Object.keys(modal)),
  variables: {
    type: "object",
    properties: modal,
    definitions: { ModalCredentials: blockType("ModalCredentials", "modal-credentials") },
  },
};

const coiled = {
  ...common,
  credentials: block("Coiled Credentials", "How to sign in to Coiled.", "CoiledCredentials"),
  image: text("Image", "Image to run in. Your own environment is copied when empty."),
  workspace: text("Workspace", "Coiled workspace to run in. The default one when empty."),
  region: text("Region", "Region of the cloud."),
  vm_types: texts("VM Types", "Kinds of machine that will do."),
  cpu: whole("CPU", "Processors of the machine."),
  memory: text("Memory", "Memory with its unit, such as 8 GiB."),
  gpu: flag("GPU", "Use a machine with a graphics processor.", { default: false }),
  threads_per_worker: whole("Threads per Worker", "Threads of each worker.", { default: 1 }),
};

/** Machines that Coiled starts in the customer's cloud. */
export const coiledTemplate: JobTemplate = {
  job_configuration: slots(...Object.keys(coiled)),
  variables: {
    type: "object",
    properties: coiled,
    definitions: { CoiledCredentials: blockType("CoiledCredentials", "coiled-credentials") },
  },
};
