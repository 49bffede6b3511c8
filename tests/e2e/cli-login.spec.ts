import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { places } from "./harness/places.ts";
import { expect, signIn, test } from "./harness/test.ts";

type Told = { method: string; path: string; body: string };

/** What `prefect cloud login` listens with: any origin may ask, and what it is told is kept. */
async function terminal() {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "*");
    response.setHeader("access-control-allow-private-network", "true");
    if (request.method === "OPTIONS") return response.end();
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      told.push({ method: request.method ?? "", path: request.url ?? "", body });
      response.setHeader("content-type", "application/json");
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { told, callback: `http://localhost:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

const link = (callback: string) => `/auth/client?callback=${encodeURIComponent(callback).replaceAll("%2F", "/")}`;

test("approving hands the terminal one key, which works and is listed", async ({ page, me }) => {
  const listener = await terminal();
  await page.goto(link(listener.callback));
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Email", { exact: true }).fill(me.email);
  await page.getByLabel("Password").fill(me.password);
  await page.keyboard.press("Enter");

  await expect(page.getByText(me.email)).toBeVisible();
  await expect(page.getByText(`${me.accountHandle}/${me.workspaceHandle}`)).toBeVisible();
  await expect(page.getByText("in 30 days")).toBeVisible();
  await expect(page.getByRole("timer")).toContainText(/waits 1\d\d s more/);
  expect(listener.told).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Return to your terminal" })).toBeVisible();

  expect(listener.told).toHaveLength(1);
  expect(listener.told[0]).toMatchObject({ method: "POST", path: "/success" });
  const { api_key, ...rest } = JSON.parse(listener.told[0]?.body ?? "{}") as { api_key: string };
  expect(rest).toEqual({});
  const answer = await fetch(`${places().apiUrl}/me/workspaces`, { headers: { authorization: `Bearer ${api_key}` } });
  expect(answer.status).toBe(200);
  const name = await page.getByText(/^cli-\d{4}/).textContent();
  await page.getByRole("link", { name: "See or revoke your keys" }).click();
  await expect(
    page.getByRole("row", { name: new RegExp(name ?? "?") }).filter({ hasText: api_key.slice(-4) }),
  ).toBeVisible();
  await listener.close();
});

test("denying tells the terminal why and makes no key", async ({ page, me }) => {
  const listener = await terminal();
  await signIn(page, me);
  await page.goto(link(listener.callback));
  await page.getByRole("button", { name: "Deny" }).click();
  await expect(page.getByText("Denied. No key was made")).toBeVisible();
  expect(listener.told).toHaveLength(1);
  expect(listener.told[0]?.path).toBe("/failure");
  expect(JSON.parse(listener.told[0]?.body ?? "{}")).toEqual({ reason: expect.any(String) });
  await listener.close();
});

for (const callback of [
  "https://evil.test",
  "http://localhost.evil.test:4000",
  "http://localhost:4000/steal",
  "http://u:p@localhost:4000",
  "http://localhost",
  "",
]) {
  test(`a callback to ${JSON.stringify(callback)} is refused and named, and nothing is sent`, async ({ page, me }) => {
    await signIn(page, me);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    await page.goto(link(callback));
    await expect(page.getByText("Nothing was sent.")).toBeVisible();
    if (callback) await expect(page.getByText(callback, { exact: true }).last()).toBeVisible();
    await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
    expect(new Set(asked)).toEqual(new Set([places().uiUrl]));
  });
}

test("a terminal that does not listen any more gets the command to paste within three seconds", async ({
  page,
  me,
}) => {
  const listener = await terminal();
  await listener.close();
  await signIn(page, me);
  await page.goto(link(listener.callback));
  await page.getByRole("button", { name: "Approve" }).click();
  const command = page.locator("code", { hasText: "prefect cloud login --key pnu_" });
  await expect(command).toBeVisible({ timeout: 3_000 });
  await expect(command).toContainText(`--workspace ${me.accountHandle}/${me.workspaceHandle}`);
  await expect(command).toContainText(`PREFECT_CLOUD_API_URL=${places().apiUrl}`);
});
