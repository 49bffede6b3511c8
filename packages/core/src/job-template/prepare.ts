import { memberTexts, objectText } from "@weir/contracts";
import { inPython } from "./in-python.ts";

type Named = { id: string; name: string };

/** What a job is made for. `deployment` null: its run has none. */
export type JobSubject = { run: Named; flow: Named; deployment: Named | null; pool: Named };

/** Job variables of a run over those of its deployment: whole values, but `env` member by member. All are JSON text. */
export function mergeJobVariables(deployment: string, run: string): string {
  const merged = new Map([...memberTexts(deployment), ...memberTexts(run)]);
  const lower = memberTexts(memberTexts(deployment).get("env") ?? "null");
  const upper = merged.get("env");
  if (upper?.startsWith("{")) merged.set("env", objectText(new Map([...lower, ...memberTexts(upper)])));
  return objectText(merged);
}

/**
 * A rendered job (JSON text) with what workers add before they start one: the environment and labels by which run and
 * infrastructure know each other, all below the job's own, and a name and a command where it has none. Variables of the
 * environment become texts; those that are null are taken out.
 */
export function prepareJob(job: string, { run, flow, deployment, pool }: JobSubject): string {
  const members = memberTexts(job);
  const known = [
    ["PREFECT__FLOW_RUN_ID", run.id],
    ["PREFECT__FLOW_ID", flow.id],
    ["PREFECT__FLOW_NAME", flow.name],
    ["PREFECT__DEPLOYMENT_ID", deployment?.id],
    ["PREFECT__DEPLOYMENT_NAME", deployment?.name],
  ] as const;
  const env = new Map(texts(known));
  for (const [name, value] of memberTexts(members.get("env") ?? "{}")) {
    if (value === "null") env.delete(name);
    else env.set(name, JSON.stringify(inPython(value)));
  }
  const about = Object.entries({ "flow-run": run, flow, deployment, "work-pool": pool });
  const labels = about.flatMap(([noun, one]) => [
    [`prefect.io/${noun}-id`, one?.id] as const,
    [`prefect.io/${noun}-name`, one?.name] as const,
  ]);
  members.set("env", objectText(env));
  members.set("labels", objectText(new Map([...texts(labels), ...memberTexts(members.get("labels") ?? "{}")])));
  if (isEmpty(members.get("name"))) members.set("name", JSON.stringify(run.name));
  if (isEmpty(members.get("command"))) members.set("command", '"prefect flow-run execute"');
  return objectText(members);
}

function texts(values: readonly (readonly [name: string, value: string | undefined])[]): [string, string][] {
  return values.flatMap(([name, value]) => (value === undefined ? [] : [[name, JSON.stringify(value)]]));
}

function isEmpty(source: string | undefined): boolean {
  return source === undefined || source === "null" || source === '""';
}
