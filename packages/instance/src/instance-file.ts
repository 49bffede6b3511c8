import { readFileSync } from "node:fs";
import { z } from "zod";

const InstanceFile = z.object({
  apiUrl: z.string(),
  uiUrl: z.string(),
  accountId: z.string(),
  accountHandle: z.string(),
  workspaceId: z.string(),
  workspaceHandle: z.string(),
  apiKey: z.string(),
  pid: z.number().int(),
});

/** What `.weir/instance.json` holds while an instance answers: all that a script needs to use it. */
export type InstanceFile = z.infer<typeof InstanceFile>;

/** Reads an instance file; undefined when there is none. */
export function readInstanceFile(path: string): InstanceFile | undefined {
  try {
    return InstanceFile.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}
