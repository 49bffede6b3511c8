import { JsonText, WeirError } from "@weir/contracts";
import type { Ctx } from "../define-verb.ts";
import { tookTooLong, withinTime } from "./bounded.ts";
import { type Hydrated, hasPlaceholders, hydrate } from "./hydrate.ts";

/** A variable may name a variable so often; names that need more are taken to be unknown. */
const MAX_ROUNDS = 3;

/** Variables that one document may name. */
const MAX_VARIABLES = 200;

/** Hydrates a document with the workspace's variables, read as it names them; 422 when that does not end. */
export async function hydrateDocument(
  { store }: Pick<Ctx, "store">,
  document: JsonText,
  options?: { rendersTemplates: boolean },
): Promise<Hydrated> {
  // Most hold nothing to put in, and a machine that is busy must not refuse those for want of time.
  if (!hasPlaceholders(document.text)) return { text: document.text, faults: [], templates: [] };
  const known = new Map<string, string>();
  for (let round = 0; ; round++) {
    const wanted = new Set<string>();
    const hydrated = bounded(() =>
      hydrate(
        document.text,
        (name) => {
          if (!known.has(name)) wanted.add(name);
          return known.get(name);
        },
        options,
      ),
    );
    if (wanted.size === 0 || round === MAX_ROUNDS) return hydrated;
    const { rows } = await store.variables.list(
      { name: { any_: [...wanted].slice(0, MAX_VARIABLES) } },
      "NAME_ASC",
      { offset: 0 },
      MAX_VARIABLES,
    );
    if (rows.length === 0) return hydrated;
    for (const { name, value } of rows) known.set(name, value.text);
  }
}

/** Parameters with their values put in; 400 in the words that clients print when one cannot be. */
export async function hydrateParameters(
  ctx: Pick<Ctx, "store">,
  parameters: JsonText,
  whose: "deployment" | "flow run",
): Promise<JsonText> {
  const { text, faults } = await hydrateDocument(ctx, parameters);
  if (faults[0]) throw new WeirError("bad_request", `Error hydrating ${whose} parameters: ${faults[0].message}`);
  return text === parameters.text ? parameters : new JsonText(text);
}

function bounded(work: () => Hydrated): Hydrated {
  try {
    const outcome = withinTime(work);
    if (outcome) return outcome.done;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw tookTooLong("The templates and values in these parameters take too long to work out.");
}
