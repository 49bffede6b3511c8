export { type InstanceErrorCode, WeirInstanceError } from "./errors.ts";
export { type InstanceFile, readInstanceFile } from "./instance-file.ts";
export { freePort } from "./ports.ts";
export { type PostgresOptions, type RunningPostgres, startPostgres } from "./postgres.ts";
export { answerPrepareJob } from "./prepare-in-child.ts";
export { type RunningInstance, type StartOptions, startInstance } from "./start.ts";
export { type InstanceStatus, instanceStatus, stopInstance } from "./status.ts";
export { type ChildSpec, createSupervisor, type Supervisor } from "./supervisor.ts";
export { API_NODE_FLAGS } from "./weir-processes.ts";
