/** A variable of a job template: JSON schema as clients' forms show it. */
export type Field = Record<string, unknown>;

/** What a pool's jobs are made of, and the variables that may be set for them. */
export type JobTemplate = {
  job_configuration: Record<string, unknown>;
  variables: { type: "object"; properties: Record<string, Field>; definitions?: Record<string, unknown> };
};

/** A type of work pool, as clients list it. They index `type` hard, and make pools of `default_base_job_configuration`. */
export type WorkPoolType = {
  type: string;
  display_name: string;
  description: string;
  documentation_url: string;
  logo_url: string | null;
  install_command: string | null;
  is_beta: boolean;
  is_push_pool: boolean;
  default_base_job_configuration: JobTemplate;
};

const field =
  (type: string) =>
  (title: string, description: string, more: Field = {}): Field => ({ title, description, type, ...more });

/** A text. */
export const text = field("string");
/** A whole number. */
export const whole = field("integer");
/** A number. */
export const number = field("number");
/** Yes or no. */
export const flag = field("boolean");
/** Members by name. */
export const members = field("object");

/** A list of texts. */
export function texts(title: string, description: string): Field {
  return { title, description, type: "array", items: { type: "string" } };
}

/** A block of a type, chosen from those that are stored. */
export function block(title: string, description: string, name: string): Field {
  return { title, description, allOf: [{ $ref: `#/definitions/${name}` }] };
}

/** The definition that a `block` field refers to. */
export function blockType(title: string, slug: string): Record<string, unknown> {
  return { title, type: "object", properties: {}, block_type_slug: slug, block_schema_references: {} };
}

/** What every job has. */
export const common = {
  name: text("Name", "Name of what runs the flow. Made from the run's name when empty."),
  env: members("Environment Variables", "Environment variables of the flow run.", {
    additionalProperties: { anyOf: [{ type: "string" }, { type: "null" }] },
  }),
  labels: members("Labels", "Labels put on what is started.", { additionalProperties: { type: "string" } }),
  command: text("Command", "The command that starts the run. Leave it empty to let Weir or the worker choose."),
};

/** A configuration member for each of these variables, of its name. */
export function slots(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `{{ ${name} }}`]));
}

const DOCS = "https://docs.prefect.io/latest/deploy/infrastructure-concepts";

/** A type whose workers people run; `install` is the package that has the worker. */
export function workerType(
  type: string,
  display_name: string,
  description: string,
  install: string,
  template: JobTemplate,
): WorkPoolType {
  return {
    type,
    display_name,
    description,
    documentation_url: `${DOCS}/workers`,
    logo_url: null,
    install_command: `pip install ${install}`,
    is_beta: false,
    is_push_pool: false,
    default_base_job_configuration: template,
  };
}

/** A type whose runs Weir itself starts. */
export function servedType(
  type: string,
  display_name: string,
  description: string,
  template: JobTemplate,
): WorkPoolType {
  return {
    type,
    display_name,
    description,
    documentation_url: `${DOCS}/work-pools`,
    logo_url: null,
    install_command: null,
    is_beta: false,
    is_push_pool: type.endsWith(":push"),
    default_base_job_configuration: template,
  };
}
