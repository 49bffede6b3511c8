import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Client, newClient } from "./harness/client.ts";
import { weirModes, weirPlace } from "./harness/places.ts";
import { list, rest, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";

const DOWN = "\u001b[B";
const ENTER = "\r";
const PICKER = "Which workspace would you like to use?";
const WRONG_KEY_PATIENCE_MS = 15_000;

describe.skipIf(!weirModes.includes("cloud"))("prefect cloud login", () => {
  /** Someone with a key to one workspace, who has set the two addresses and nothing else. */
  async function someone() {
    const place = await weirPlace("cloud");
    const { apiKey: key = "", workspace = "" } = place;
    return { place, client: newClient(place), key, workspace };
  }

  test("with a key and a workspace needs no terminal, and is remembered", async () => {
    const { client, key, workspace, place } = await someone();
    const said = await client.ok(["cloud", "login", "--key", key, "--workspace", workspace]);
    expect(said).toContain(`Authenticated with Prefect Cloud! Using workspace '${workspace}'.`);
    expect(await client.ok(["config", "view", "--hide-sources"])).toContain(`PREFECT_API_URL='${place.workspaceUrl}'`);
    expect(await client.ok(["cloud", "workspace", "ls"])).toContain(`* ${workspace}`);
    expect(await client.ok(["version"])).toMatch(/Server type: +cloud/);
    expect(await client.ok(["cloud", "logout"])).toContain("Logged out from Prefect Cloud.");
    expect(await client.prefect(["cloud", "workspace", "ls"])).toMatchObject({ code: 1 });
  });

  test("with a wrong key says so at once", async () => {
    const { client, key, workspace } = await someone();
    const begun = Date.now();
    const { code, stdout, stderr } = await client.prefect([
      "cloud",
      "login",
      "--key",
      `${key}x`,
      "--workspace",
      workspace,
    ]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(
      "Unable to authenticate with Prefect Cloud. Please ensure your credentials are correct and unexpired.",
    );
    expect(Date.now() - begun).toBeLessThan(WRONG_KEY_PATIENCE_MS);
  });

  test("with a workspace that is not there names those that are", async () => {
    const { client, key, workspace } = await someone();
    const { code, stdout, stderr } = await client.prefect([
      "cloud",
      "login",
      "--key",
      key,
      "--workspace",
      `${workspace}-not`,
    ]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`Workspace '${workspace}-not' not found. Available workspaces:`);
    expect(stdout + stderr).toContain(workspace);
  });

  test("takes the only workspace unasked", async () => {
    const { client, key, workspace } = await someone();
    const { code, stdout } = await client.onTerminal(["cloud", "login", "--key", key], []);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`Using workspace '${workspace}'.`);
    expect(stdout).not.toContain(PICKER);
  });

  test("asks which of several workspaces", async () => {
    const { client, key, place } = await someone();
    const account = rest(place.apiUrl ?? "", key);
    await account.post(`/accounts/${place.accountId}/workspaces/`, { name: "second place", handle: "second-place" });
    const shown = list(await account.get("/me/workspaces"));
    expect(shown).toHaveLength(2);
    const second = `${text(shown[1]?.account_handle)}/${text(shown[1]?.workspace_handle)}`;
    const { code, stdout } = await client.onTerminal(
      ["cloud", "login", "--key", key],
      [
        { sees: PICKER, types: DOWN },
        { sees: `> ${second}`, types: ENTER },
      ],
    );
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`Authenticated with Prefect Cloud! Using workspace '${second}'.`);
    expect(await client.ok(["cloud", "workspace", "ls"])).toContain(`* ${second}`);
  });

  test("by browser goes to our page and takes the key that comes back", async () => {
    const { client, key, workspace, place } = await someone();
    const { browser, opened } = fakeBrowser(client);
    const login = client.onTerminal(["cloud", "login"], [{ sees: "Log in with a web browser", types: ENTER }], {
      env: { BROWSER: browser },
    });
    const address = await until("the browser to be opened", opened);
    const page = new URL(address);
    expect(address).toContain(`${place.uiUrl}/auth/client?callback=http%3A//localhost`);
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
    expect(stdout).toContain(`Using workspace '${workspace}'.`);
  });
});

/** A "browser" that only notes what it was to open. */
function fakeBrowser(client: Client) {
  const browser = join(client.home, "browser.sh");
  const note = join(client.home, "opened.txt");
  writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" > "${note}.new" && mv "${note}.new" "${note}"\n`, {
    mode: 0o755,
  });
  const opened = () => existsSync(note) && readFileSync(note, "utf8");
  return { browser: `${browser} %s`, opened };
}
