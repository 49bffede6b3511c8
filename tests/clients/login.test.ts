import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { type Client, newClient } from "./harness/client.ts";
import { allWorkspaces, newWorkspace, onlyTheFirstWorkspace, weirModes, weirPlace } from "./harness/places.ts";
import { start } from "./harness/processes.ts";
import { until } from "./harness/until.ts";

const DOWN = "\u001b[B";
const ENTER = "\r";
const PICKER = "Which workspace would you like to use?";
const WRONG_KEY_PATIENCE_MS = 15_000;

describe.skipIf(!weirModes.includes("cloud"))("prefect cloud login", () => {
  let key = "";
  let first = "";
  let firstUrl = "";
  beforeAll(() => {
    const weir = inject("weir");
    if ("peerUrl" in weir) return;
    key = weir.apiKey;
    first = `${weir.accountHandle}/${weir.workspaceHandle}`;
    firstUrl = `${weir.apiUrl}/accounts/${weir.accountId}/workspaces/${weir.workspaceId}`;
  });

  /** Someone who has set the two addresses and nothing else. */
  async function someone(): Promise<Client> {
    return newClient(await firstPlace());
  }

  test("with a key and a workspace needs no terminal, and is remembered", async () => {
    const client = await someone();
    const said = await client.ok(["cloud", "login", "--key", key, "--workspace", first]);
    expect(said).toContain(`Authenticated with Prefect Cloud! Using workspace '${first}'.`);
    expect(await client.ok(["config", "view", "--hide-sources"])).toContain(`PREFECT_API_URL='${firstUrl}'`);
    expect(await client.ok(["cloud", "workspace", "ls"])).toContain(`* ${first}`);
    expect(await client.ok(["version"])).toMatch(/Server type: +cloud/);
    expect(await client.ok(["cloud", "logout"])).toContain("Logged out from Prefect Cloud.");
    expect(await client.prefect(["cloud", "workspace", "ls"])).toMatchObject({ code: 1 });
  });

  test("with a wrong key says so at once", async () => {
    const client = await someone();
    const begun = Date.now();
    const { code, stdout, stderr } = await client.prefect(["cloud", "login", "--key", `${key}x`, "--workspace", first]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(
      "Unable to authenticate with Prefect Cloud. Please ensure your credentials are correct and unexpired.",
    );
    expect(Date.now() - begun).toBeLessThan(WRONG_KEY_PATIENCE_MS);
  });

  test("with a workspace that is not there names those that are", async () => {
    const client = await someone();
    const { code, stdout, stderr } = await client.prefect([
      "cloud",
      "login",
      "--key",
      key,
      "--workspace",
      `${first}-not`,
    ]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`Workspace '${first}-not' not found. Available workspaces:`);
    expect(stdout + stderr).toContain(first);
  });

  test("takes the only workspace unasked", async () => {
    await onlyTheFirstWorkspace();
    const client = await someone();
    const { code, stdout } = await client.onTerminal(["cloud", "login", "--key", key], []);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`Using workspace '${first}'.`);
    expect(stdout).not.toContain(PICKER);
  });

  test("asks which of several workspaces", async () => {
    await onlyTheFirstWorkspace();
    await newWorkspace("second-place");
    const client = await someone();
    const second = (await allWorkspaces())[1] ?? "";
    const { code, stdout } = await client.onTerminal(
      ["cloud", "login", "--key", key],
      [
        { sees: PICKER, types: DOWN },
        { sees: `> ${first.split("/")[0]}`, types: ENTER },
      ],
    );
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`Authenticated with Prefect Cloud! Using workspace '${second}'.`);
    expect(await client.ok(["cloud", "workspace", "ls"])).toContain(`* ${second}`);
  });

  test("by browser goes to our page and takes the key that comes back", async () => {
    await onlyTheFirstWorkspace();
    const client = await someone();
    const { browser, opened } = fakeBrowser(client);
    const login = client.onTerminal(["cloud", "login"], [{ sees: "Log in with a web browser", types: ENTER }], {
      env: { BROWSER: browser },
    });
    const address = await until("the browser to be opened", opened);
    const weir = inject("weir");
    const page = new URL(address);
    expect(address).toMatch(
      new RegExp(`^${"uiUrl" in weir ? weir.uiUrl : ""}/auth/client\\?callback=http%3A//localhost`),
    );
    const callback = page.searchParams.get("callback") ?? "";
    expect(callback).toMatch(/^http:\/\/localhost:\d+$/);
    // What our page does once its visitor is signed in.
    const answer = await fetch(`${callback}/success`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ api_key: key }),
    });
    expect(answer.status).toBe(200);
    const { code, stdout } = await login;
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`Using workspace '${first}'.`);
  });

  async function firstPlace() {
    const weir = inject("weir");
    if ("peerUrl" in weir) return weirPlace("cloud", "login");
    const { apiUrl, uiUrl } = weir;
    return { mode: "cloud" as const, root: inject("root"), apiUrl, uiUrl, workspaceUrl: firstUrl };
  }
});

/** A "browser" that only notes what it was to open. */
function fakeBrowser(client: Client) {
  const browser = join(client.home, "browser.sh");
  const note = join(client.home, "opened.txt");
  writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" > "${note}.new" && mv "${note}.new" "${note}"\n`, {
    mode: 0o755,
  });
  const opened = async () => {
    const { code, stdout } = await start("cat", [note], { cwd: client.home, env: client.env }).ended;
    return code === 0 && stdout;
  };
  return { browser: `${browser} %s`, opened };
}
