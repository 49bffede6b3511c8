import { join } from "node:path";

/** Where everything of one instance lies, below its folder (`.weir`). */
export function layoutOf(dir: string) {
  return {
    dir,
    lock: join(dir, "lock"),
    /** Address, ids and key for scripts. There while the instance answers, and only then. */
    instance: join(dir, "instance.json"),
    secrets: join(dir, "secrets.json"),
    postgres: join(dir, "postgres"),
    logs: join(dir, "logs"),
  };
}
