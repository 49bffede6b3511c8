import { z } from "zod";
import { askWorkspace } from "../../workspace.ts";

const Explanation = z.object({
  state: z.object({ name: z.string(), timestamp: z.string() }),
  cause: z.string().nullable(),
  checks: z.array(
    z.object({
      code: z.string(),
      ok: z.boolean(),
      facts: z.record(z.string(), z.unknown()),
      fix: z.string().nullable(),
      needs: z.string().nullable(),
    }),
  ),
});

/** `weir flow-run explain`: why a run waits, one line per check, and what would end it. */
export async function printExplanation(id: string, { json }: { json?: boolean }): Promise<void> {
  const body = await askWorkspace(`/flow_runs/${encodeURIComponent(id)}/explain`);
  if (json) return console.log(JSON.stringify(body, null, 2));
  const { state, cause, checks } = Explanation.parse(body);
  console.log(`${state.name} since ${state.timestamp}`);
  for (const check of checks) {
    console.log(`${check.ok ? "  ok   " : "  HOLDS"}  ${check.code}${factsOf(check.facts)}`);
    if (check.fix) console.log(`         ${check.fix}${check.needs ? ` (needs ${check.needs})` : ""}`);
  }
  console.log(cause === null ? "\nNothing holds it up." : `\nIt waits because of: ${cause}`);
}

function factsOf(facts: Record<string, unknown>): string {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${text(value)}`);
  return told.length === 0 ? "" : `  ${told.join(", ")}`;
}

/** Who did something goes by the name that he is shown under. */
const Actor = z.object({ display_value: z.string() });

function text(value: unknown): string {
  const actor = Actor.safeParse(value);
  if (actor.success) return actor.data.display_value;
  return typeof value === "string" ? value : JSON.stringify(value);
}
