import { block, blockType, common, flag, type JobTemplate, members, number, slots, text, whole } from "./fields.ts";

const ecs = {
  ...common,
  task_definition_arn: text("Task Definition ARN", "A task definition to use as it is, instead of registering one."),
  aws_credentials: block("AWS Credentials", "How to sign in to AWS.", "AwsCredentials"),
  cluster: text("Cluster", "Name or ARN of the ECS cluster. The default one when empty."),
  family: text("Family", "Family of the task definition. Made from flow and deployment when empty."),
  launch_type: text("Launch Type", "What the task runs on.", {
    enum: ["FARGATE", "EC2", "EXTERNAL", "FARGATE_SPOT"],
    default: "FARGATE",
  }),
  capacity_provider_strategy: {
    title: "Capacity Provider Strategy",
    description: "Capacity providers of the cluster to run on, instead of a launch type.",
    type: "array",
    items: { type: "object" },
  },
  image: text("Image", "Image of the task. That of the client's own version when empty."),
  cpu: whole("CPU", "Units of processor: 1024 are one. FARGATE knows 256 to 16384."),
  memory: whole("Memory", "Memory in MiB. FARGATE allows some for each number of processors."),
  container_name: text("Container Name", "Name of the container that runs the flow."),
  task_role_arn: text("Task Role ARN", "Role that the flow has in AWS."),
  execution_role_arn: text("Execution Role ARN", "Role by which ECS pulls the image and writes logs."),
  vpc_id: text("VPC ID", "Network that the task joins. The default one when empty."),
  configure_cloudwatch_logs: flag("Configure CloudWatch Logs", "Send what the task prints to CloudWatch."),
  cloudwatch_logs_options: members("CloudWatch Logs Options", "Options of CloudWatch's log driver.", {
    additionalProperties: { type: "string" },
  }),
  cloudwatch_logs_prefix: text("CloudWatch Logs Prefix", "Prefix of the log streams."),
  network_configuration: members("Network Configuration", "Subnets, security groups and public address of the task."),
  stream_output: flag("Stream Output", "Show what the task prints in the worker's own output."),
  task_start_timeout_seconds: whole("Task Start Timeout", "Seconds that a task may take to start.", { default: 300 }),
  task_watch_poll_interval: number("Task Watch Poll Interval", "Seconds between looks at the task.", { default: 5 }),
  auto_deregister_task_definition: flag("Deregister Task Definition", "Deregister the task definition after the run.", {
    default: false,
  }),
  match_latest_revision_in_family: flag("Match Latest Revision", "Use the family's latest revision where it fits.", {
    default: false,
  }),
};

/** Tasks of Amazon's Elastic Container Service. */
export const ecsTemplate: JobTemplate = {
  job_configuration: {
    ...slots("command", "env", "labels", "name", "aws_credentials", "cluster", "container_name", "vpc_id"),
    ...slots("configure_cloudwatch_logs", "cloudwatch_logs_options", "cloudwatch_logs_prefix", "network_configuration"),
    ...slots("stream_output", "task_start_timeout_seconds", "task_watch_poll_interval"),
    ...slots("auto_deregister_task_definition", "match_latest_revision_in_family"),
    task_definition: {
      containerDefinitions: [{ image: "{{ image }}", name: "{{ container_name }}" }],
      ...slots("cpu", "family", "memory"),
      executionRoleArn: "{{ execution_role_arn }}",
    },
    task_run_request: {
      launchType: "{{ launch_type }}",
      cluster: "{{ cluster }}",
      overrides: {
        containerOverrides: [
          { name: "{{ container_name }}", environment: "{{ env }}", ...slots("command", "cpu", "memory") },
        ],
        ...slots("cpu", "memory"),
        taskRoleArn: "{{ task_role_arn }}",
      },
      tags: "{{ labels }}",
      taskDefinition: "{{ task_definition_arn }}",
      capacityProviderStrategy: "{{ capacity_provider_strategy }}",
    },
  },
  variables: {
    type: "object",
    properties: ecs,
    definitions: { AwsCredentials: blockType("AwsCredentials", "aws-credentials") },
  },
};
