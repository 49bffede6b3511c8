import { block, blockType, common, flag, type JobTemplate, members, slots, text, texts, whole } from "./fields.ts";

/** Processes of the worker's machine. */
export const processTemplate: JobTemplate = {
  job_configuration: slots("command", "env", "labels", "name", "stream_output", "working_dir"),
  variables: {
    type: "object",
    properties: {
      ...common,
      stream_output: flag("Stream Output", "Show what the process prints in the worker's own output.", {
        default: true,
      }),
      working_dir: text("Working Directory", "Folder to run in. A temporary one when empty.", { format: "path" }),
    },
  },
};

const docker = {
  ...common,
  image: text("Image", "Image of the container. That of the client's own version when empty."),
  registry_credentials: block(
    "Registry Credentials",
    "How to sign in to the image's registry.",
    "DockerRegistryCredentials",
  ),
  image_pull_policy: text("Image Pull Policy", "When the image is pulled.", {
    enum: ["IfNotPresent", "Always", "Never"],
  }),
  networks: texts("Networks", "Networks of Docker that the container joins."),
  network_mode: text("Network Mode", "Docker's network mode, such as host or bridge. Not together with networks."),
  auto_remove: flag("Auto Remove", "Delete the container once it has ended.", { default: false }),
  volumes: texts("Volumes", "Volumes as Docker writes them: from:to."),
  stream_output: flag("Stream Output", "Show what the container prints in the worker's own output.", { default: true }),
  container_wait_timeout: whole("Container Wait Timeout", "Seconds to wait for a container that is being removed."),
  mem_limit: text("Memory Limit", "The most memory, such as 512m."),
  memswap_limit: text("Memory Swap Limit", "The most memory and swap together, such as 1g."),
  privileged: flag("Privileged", "Give the container all rights of the machine.", { default: false }),
};

/** Containers of a Docker engine. */
export const dockerTemplate: JobTemplate = {
  job_configuration: slots(...Object.keys(docker)),
  variables: {
    type: "object",
    properties: docker,
    definitions: {
      DockerRegistryCredentials: blockType("DockerRegistryCredentials", "docker-registry-credentials"),
    },
  },
};

const kubernetes = {
  ...common,
  namespace: text("Namespace", "Namespace of the job.", { default: "default" }),
  image: text("Image", "Image of the job's container. That of the client's own version when empty."),
  service_account_name: text("Service Account Name", "Service account of the job's pod."),
  image_pull_policy: text("Image Pull Policy", "When the image is pulled.", {
    enum: ["IfNotPresent", "Always", "Never"],
    default: "IfNotPresent",
  }),
  finished_job_ttl: whole("Finished Job TTL", "Seconds after which a finished job is deleted. Kept when empty."),
  job_watch_timeout_seconds: whole("Job Watch Timeout", "Seconds that a job may take. No limit when empty."),
  pod_watch_timeout_seconds: whole("Pod Watch Timeout", "Seconds that a pod may take to start.", { default: 60 }),
  stream_output: flag("Stream Output", "Show what the pod prints in the worker's own output.", { default: true }),
  cluster_config: block(
    "Cluster Config",
    "The cluster to run in. The worker's own when empty.",
    "KubernetesClusterConfig",
  ),
  cpu_request: text("CPU Request", "Processors that are set aside, such as 500m."),
  cpu_limit: text("CPU Limit", "The most processors, such as 2."),
  memory_request: text("Memory Request", "Memory that is set aside, such as 256Mi."),
  memory_limit: text("Memory Limit", "The most memory, such as 1Gi."),
};

/** Jobs of a Kubernetes cluster. */
export const kubernetesTemplate: JobTemplate = {
  job_configuration: {
    ...slots("command", "env", "labels", "name", "namespace", "cluster_config"),
    ...slots("job_watch_timeout_seconds", "pod_watch_timeout_seconds", "stream_output"),
    job_manifest: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { labels: "{{ labels }}", namespace: "{{ namespace }}", generateName: "{{ name }}-" },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: "{{ finished_job_ttl }}",
        template: {
          spec: {
            parallelism: 1,
            completions: 1,
            restartPolicy: "Never",
            serviceAccountName: "{{ service_account_name }}",
            containers: [
              {
                name: "prefect-job",
                env: "{{ env }}",
                image: "{{ image }}",
                imagePullPolicy: "{{ image_pull_policy }}",
                args: "{{ command }}",
                resources: {
                  limits: { cpu: "{{ cpu_limit }}", memory: "{{ memory_limit }}" },
                  requests: { cpu: "{{ cpu_request }}", memory: "{{ memory_request }}" },
                },
              },
            ],
          },
        },
      },
    },
  },
  variables: {
    type: "object",
    properties: kubernetes,
    definitions: { KubernetesClusterConfig: blockType("KubernetesClusterConfig", "kubernetes-cluster-config") },
  },
};

const managed = {
  ...common,
  image: text("Image", "Image to run in. One with the client's own version when empty."),
  pip_packages: texts("Packages", "Python packages to install before the run."),
  timeout: whole("Timeout", "Seconds that a run may take.", { default: 3600 }),
  env: members("Environment Variables", "Environment variables of the flow run."),
};

/** Machines of Weir's own. */
export const managedTemplate: JobTemplate = {
  job_configuration: slots(...Object.keys(managed)),
  variables: { type: "object", properties: managed },
};
