import { block, blockType, common, flag, type JobTemplate, number, slots, text, texts, whole } from "./fields.ts";

const container = {
  ...common,
  image: text("Image", "Image of the container. That of the client's own version when empty."),
  resource_group_name: text("Resource Group Name", "Resource group that the container group is made in."),
  subscription_id: text("Subscription ID", "Azure subscription to make it under."),
  identities: texts("Identities", "Managed identities that the container has."),
  entrypoint: text("Entrypoint", "What the container starts with.", { default: "/opt/prefect/entrypoint.sh" }),
  image_registry: {
    title: "Image Registry",
    description: "How to sign in to the image's registry.",
    anyOf: [{ $ref: "#/definitions/DockerRegistryCredentials" }, { $ref: "#/definitions/ACRManagedIdentity" }],
  },
  cpu: number("CPU", "Processors of the container.", { default: 1 }),
  gpu_count: whole("GPU Count", "Graphics processors of the container."),
  gpu_sku: text("GPU SKU", "Kind of graphics processors."),
  memory: number("Memory", "Memory in gigabytes.", { default: 1 }),
  subnet_ids: texts("Subnet IDs", "Subnets that the container group joins."),
  dns_servers: texts("DNS Servers", "Name servers of the container group."),
  aci_credentials: block("Credentials", "How to sign in to Azure.", "AzureContainerInstanceCredentials"),
  stream_output: flag("Stream Output", "Show what the container prints in the worker's own output.", {
    default: false,
  }),
  task_start_timeout_seconds: whole("Start Timeout", "Seconds that a container may take to start.", { default: 240 }),
  task_watch_poll_interval: number("Watch Poll Interval", "Seconds between looks at the container.", { default: 5 }),
};

const parameter = (description: string, defaultValue: string) => ({
  type: "string",
  defaultValue,
  metadata: { description },
});

/** Container groups of Azure. */
export const containerInstanceTemplate: JobTemplate = {
  job_configuration: {
    ...slots(...Object.keys(container)),
    arm_template: {
      $schema: "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#",
      contentVersion: "1.0.0.0",
      parameters: {
        location: parameter("Location of everything.", "[resourceGroup().location]"),
        container_group_name: parameter("Name of the container group.", "[uniqueString(resourceGroup().id)]"),
        container_name: parameter("Name of the container.", "[uniqueString(resourceGroup().id)]"),
      },
      resources: [
        {
          type: "Microsoft.ContainerInstance/containerGroups",
          apiVersion: "2022-09-01",
          name: "[parameters('container_group_name')]",
          location: "[parameters('location')]",
          properties: {
            containers: [
              {
                name: "[parameters('container_name')]",
                properties: {
                  image: "{{ image }}",
                  command: "{{ command }}",
                  resources: { requests: { cpu: "{{ cpu }}", memoryInGB: "{{ memory }}" } },
                  environmentVariables: [],
                },
              },
            ],
            osType: "Linux",
            restartPolicy: "Never",
          },
        },
      ],
    },
  },
  variables: {
    type: "object",
    properties: container,
    definitions: {
      AzureContainerInstanceCredentials: blockType(
        "AzureContainerInstanceCredentials",
        "azure-container-instance-credentials",
      ),
      DockerRegistryCredentials: blockType("DockerRegistryCredentials", "docker-registry-credentials"),
      ACRManagedIdentity: {
        title: "ACRManagedIdentity",
        type: "object",
        properties: {
          registry_url: text("Registry URL", "Address of the registry, such as example.azurecr.io."),
          identity: text("Identity", "Managed identity that may pull from it."),
        },
        required: ["registry_url", "identity"],
      },
    },
  },
};
