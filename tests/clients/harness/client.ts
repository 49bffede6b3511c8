import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { startForks } from "./forks.ts";
import { freshDir, harnessDir, prefectBin, scenariosDir } from "./paths.ts";
import { type Finished, type Running, run, start } from "./processes.ts";
import { type Rest, rest } from "./rest.ts";

/**
 * How the client is told of the server: `peer`: an address only, as for Prefect's own server; `server`: the workspace's
 * address and a key; `cloud`: the account API's address and a login.
 */
export type Mode = "peer" | "server" | "cloud";

/** Where one client works, and how it gets in. */
export type Place = {
  mode: Mode;
  /** The folder below which the client's home is made. */
  root: string;
  /** What PREFECT_API_URL is, or becomes by logging in. */
  workspaceUrl: string;
  apiUrl?: string;
  uiUrl?: string;
  apiKey?: string;
  accountId?: string;
  /** `account handle/workspace handle`, for logging in. */
  workspace?: string;
};

/** A person's machine with the released client on it: its own home, profile and settings. */
export type Client = {
  mode: Mode;
  home: string;
  env: Record<string, string>;
  rest: Rest;
  /** Runs `prefect …` to its end, without a terminal. A ready client's commands are forks of one process. */
  prefect(args: string[], options?: RunOptions): Promise<Finished>;
  /** Runs `prefect …` to its end and returns what it printed; throws where it failed. */
  ok(args: string[], options?: RunOptions): Promise<string>;
  /** Starts `prefect …` and leaves it running. */
  startPrefect(args: string[], options?: RunOptions): Running;
  /** Runs a Python file, of `scenarios/` unless its path is absolute, to its end. */
  python(script: string, args?: string[], options?: RunOptions): Promise<Finished>;
  startPython(script: string, args?: string[], options?: RunOptions): Running;
  /** Runs `prefect …` on a terminal of its own, answering `say` as it asks. */
  onTerminal(args: string[], say: Answer[], options?: RunOptions): Promise<Finished>;
  /** Ends what the client keeps running for its commands. */
  close(): void;
};

/** When the terminal shows `sees`, type `types`. */
type Answer = { sees: string; types: string };

/** `env` is laid over the client's own, but for a ready client's `prefect`. */
type RunOptions = { cwd?: string; env?: Record<string, string> };

/** Loops of workers and runners at a test's pace; nothing phones home; plain wide output. */
const SETTINGS = {
  PREFECT_WORKER_QUERY_SECONDS: "1",
  PREFECT_WORKER_HEARTBEAT_SECONDS: "5",
  PREFECT_RUNNER_POLL_FREQUENCY: "1",
  PREFECT_LOGGING_TO_API_BATCH_INTERVAL: "0.2",
  PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: "false",
  PREFECT_SERVER_ANALYTICS_ENABLED: "false",
  DO_NOT_TRACK: "1",
  PREFECT_CLI_COLORS: "false",
  PREFECT_CLI_WRAP_LINES: "false",
  NO_COLOR: "1",
  COLUMNS: "250",
  TERM: "dumb",
  LANG: "C.UTF-8",
  PYTHONUNBUFFERED: "1",
};

/** A client that has not logged in, of the venv in `bin`. In `cloud` mode it knows nothing but the two addresses. */
export function newClient(place: Place, bin = prefectBin()): Client {
  const home = freshDir(place.root, place.mode);
  const prefectHome = join(home, ".prefect");
  mkdirSync(prefectHome);
  const env: Record<string, string> = {
    ...SETTINGS,
    HOME: home,
    PREFECT_HOME: prefectHome,
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    ...addresses(place),
  };
  const where = ({ cwd = home, env: extra = {} }: RunOptions = {}) => ({ cwd, env: { ...env, ...extra } });
  const client: Client = {
    mode: place.mode,
    home,
    env,
    rest: rest(place.workspaceUrl, place.apiKey),
    prefect: (args, options) => run(join(bin, "prefect"), args, where(options)),
    async ok(args, options) {
      const finished = await client.prefect(args, options);
      if (finished.code === 0) return finished.stdout;
      throw new Error(`prefect ${args.join(" ")} ended with ${finished.code}:\n${finished.stdout}\n${finished.stderr}`);
    },
    startPrefect: (args, options) => start(join(bin, "prefect"), args, where(options)),
    python: (script, args = [], options) =>
      run(join(bin, "python"), [resolve(scenariosDir, script), ...args], where(options)),
    startPython: (script, args = [], options) =>
      start(join(bin, "python"), [resolve(scenariosDir, script), ...args], where(options)),
    onTerminal: (args, say, options) =>
      run(join(bin, "python"), [join(harnessDir, "terminal.py"), join(bin, "prefect"), ...args], {
        ...where({ ...options, env: { TERM: "xterm", ...options?.env } }),
        input: JSON.stringify(say),
      }),
    close: () => undefined,
  };
  return client;
}

/** A client ready to work: in `cloud` mode it has logged in with its key. */
export async function readyClient(place: Place, bin = prefectBin()): Promise<Client> {
  const client = newClient(place, bin);
  if (place.mode === "cloud") {
    await client.ok(["cloud", "login", "--key", place.apiKey ?? "", "--workspace", place.workspace ?? ""]);
  }
  const forks = startForks(bin, client.env);
  client.prefect = (args, { cwd = client.home } = {}) => forks.prefect(args, cwd);
  client.close = forks.stop;
  return client;
}

function addresses({ mode, workspaceUrl, apiUrl = "", uiUrl = "", apiKey = "" }: Place): Record<string, string> {
  switch (mode) {
    case "peer":
      return { PREFECT_API_URL: workspaceUrl };
    case "server":
      return { PREFECT_API_URL: workspaceUrl, PREFECT_API_KEY: apiKey };
    case "cloud":
      return { PREFECT_CLOUD_API_URL: apiUrl, PREFECT_CLOUD_UI_URL: uiUrl };
  }
}
