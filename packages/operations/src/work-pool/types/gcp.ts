import { block, blockType, common, flag, type JobTemplate, number, slots, text, texts, whole } from "./fields.ts";

const definitions = { GcpCredentials: blockType("GcpCredentials", "gcp-credentials") };
const credentials = block("GCP Credentials", "How to sign in to Google Cloud.", "GcpCredentials");
const region = (more = {}) => text("Region", "Region of Google Cloud to run in.", more);
const serviceAccount = text("Service Account Name", "Service account that the job has.");
const connector = text("VPC Connector Name", "VPC connector that the job uses.");
const image = (more = {}) => text("Image", "Image of the job. That of the client's own version when empty.", more);
const keepJob = flag("Keep Job", "Keep the job after it has run.", { default: false });
const timeout = whole("Timeout", "Seconds that a job may take.", { default: 600 });

/** Jobs of Google's Cloud Run, by its first interface. */
export const cloudRunTemplate: JobTemplate = {
  job_configuration: {
    ...slots("command", "env", "labels", "name", "region", "credentials", "timeout", "keep_job"),
    job_body: {
      apiVersion: "run.googleapis.com/v1",
      kind: "Job",
      metadata: { name: "{{ name }}", annotations: { "run.googleapis.com/launch-stage": "BETA" } },
      spec: {
        template: {
          metadata: { annotations: { "run.googleapis.com/vpc-access-connector": "{{ vpc_connector_name }}" } },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    ...slots("image", "command"),
                    resources: { limits: slots("cpu", "memory"), requests: slots("cpu", "memory") },
                  },
                ],
                timeoutSeconds: "{{ timeout }}",
                serviceAccountName: "{{ service_account_name }}",
              },
            },
          },
        },
      },
    },
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      region: region({ default: "us-central1" }),
      credentials,
      image: image(),
      cpu: text("CPU", "Processors in thousandths, such as 1000m."),
      memory: text("Memory", "Memory with its unit, such as 512Mi."),
      vpc_connector_name: connector,
      service_account_name: serviceAccount,
      keep_job: keepJob,
      timeout,
    },
    definitions,
  },
};

/** Jobs of Google's Cloud Run, by its second interface. */
export const cloudRunV2Template: JobTemplate = {
  job_configuration: {
    ...slots("command", "env", "labels", "name", "credentials", "keep_job", "region", "timeout"),
    job_body: {
      client: "prefect",
      launchStage: "{{ launch_stage }}",
      template: {
        template: {
          serviceAccount: "{{ service_account_name }}",
          maxRetries: "{{ max_retries }}",
          timeout: "{{ timeout }}",
          vpcAccess: { connector: "{{ vpc_connector_name }}" },
          containers: [
            { env: [], ...slots("image", "command", "args"), resources: { limits: slots("cpu", "memory") } },
          ],
        },
      },
    },
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      credentials,
      region: region({ default: "us-central1" }),
      image: image({ default: "prefecthq/prefect:3-latest" }),
      args: texts("Arguments", "Arguments of the command."),
      keep_job: keepJob,
      launch_stage: text("Launch Stage", "How settled the features are that the job may use.", {
        enum: [
          "ALPHA",
          "BETA",
          "GA",
          "DEPRECATED",
          "EARLY_ACCESS",
          "PRELAUNCH",
          "UNIMPLEMENTED",
          "LAUNCH_TAG_UNSPECIFIED",
        ],
        default: "BETA",
      }),
      max_retries: whole("Max Retries", "How often Cloud Run tries the job again by itself.", { default: 0 }),
      cpu: text("CPU", "Processors in thousandths, such as 1000m.", { default: "1000m" }),
      memory: text("Memory", "Memory with its unit, such as 512Mi.", { default: "512Mi" }),
      timeout,
      vpc_connector_name: connector,
      service_account_name: serviceAccount,
    },
    definitions,
  },
};

/** Custom jobs of Google's Vertex AI. */
export const vertexTemplate: JobTemplate = {
  job_configuration: {
    ...slots("command", "env", "labels", "name", "region", "credentials", "job_watch_poll_interval"),
    job_spec: {
      ...slots("service_account_name", "network", "reserved_ip_ranges", "maximum_run_time_hours"),
      worker_pool_specs: [
        {
          replica_count: 1,
          container_spec: { image_uri: "{{ image }}", command: "{{ command }}", args: [] },
          machine_spec: slots("machine_type", "accelerator_type", "accelerator_count"),
          disk_spec: slots("boot_disk_type", "boot_disk_size_gb"),
        },
      ],
    },
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      region: region(),
      image: image(),
      credentials,
      machine_type: text("Machine Type", "Kind of machine.", { default: "n1-standard-4" }),
      accelerator_type: text("Accelerator Type", "Kind of accelerators of the machine."),
      accelerator_count: whole("Accelerator Count", "Accelerators of the machine."),
      boot_disk_type: text("Boot Disk Type", "Kind of disk.", { default: "pd-ssd" }),
      boot_disk_size_gb: whole("Boot Disk Size", "Size of the disk in gigabytes.", { default: 100 }),
      maximum_run_time_hours: whole("Maximum Run Time", "Hours that a job may take.", { default: 1 }),
      network: text("Network", "Network that the job is peered with."),
      reserved_ip_ranges: texts("Reserved IP Ranges", "Ranges of addresses that the job may use."),
      service_account_name: serviceAccount,
      job_watch_poll_interval: number("Watch Poll Interval", "Seconds between looks at the job.", { default: 5 }),
    },
    definitions,
  },
};
