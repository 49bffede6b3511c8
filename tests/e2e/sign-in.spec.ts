import { places } from "./harness/places.ts";
import { at, expect, signIn, test } from "./harness/test.ts";

const WRONG = "Email or password is wrong.";

test("a wrong password and an unknown email are answered with the same words", async ({ page, me }) => {
  await page.goto("/login");
  for (const email of [me.email, "nobody-at-all@weir.test"]) {
    await page.getByLabel("Email", { exact: true }).fill(email);
    await page.getByLabel("Password").fill("not it");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert").filter({ hasText: WRONG })).toBeVisible();
    await page.reload();
  }
});

test("the form tells password managers what its fields are", async ({ page }) => {
  await page.goto("/login");
  await expect(page.getByLabel("Email", { exact: true })).toHaveAttribute("autocomplete", "username");
  await expect(page.getByLabel("Password")).toHaveAttribute("autocomplete", "current-password");
});

test("a visit without a session signs in and comes back exactly, query string included", async ({ page, me }) => {
  const wanted = at(me, "/runs?state=FAILED&range=24h");
  await page.goto(wanted);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Email", { exact: true }).fill(me.email);
  await page.getByLabel("Password").fill(me.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(wanted);
});

test("next never leads to another origin", async ({ page, me }) => {
  for (const next of ["//evil.test", "/\\evil.test", "https://evil.test/"]) {
    // A page whose session ends goes to sign in by itself, and would cut off the next line.
    await page.goto("about:blank");
    await page.context().clearCookies();
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await page.getByLabel("Email", { exact: true }).fill(me.email);
    await page.getByLabel("Password").fill(me.password);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Runs" })).toBeVisible();
    await expect(page).toHaveURL(at(me, "/runs"));
  }
});

test("five failures lock the name for a while and count down", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("Email", { exact: true }).fill("locked-out@weir.test");
  const button = page.getByRole("button", { name: "Sign in" });
  for (let failure = 1; failure <= 5; failure++) {
    await page.getByLabel("Password").fill(`wrong ${failure}`);
    const answered = page.waitForResponse((response) => response.url().includes("/callback/credentials"));
    await button.click();
    await answered;
  }
  const alert = page.getByRole("alert").filter({ hasText: "Too many failed attempts" });
  await expect(alert).toContainText(/Try again in (60|5\d) s/);
  await expect(button).toBeDisabled();
  const first = await alert.textContent();
  await expect(alert).not.toHaveText(first ?? "");
});

test("signing out ends the session", async ({ page, me }) => {
  await signIn(page, me);
  await page.getByRole("button", { name: /Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/login");
  await page.goto(at(me, "/runs"));
  await expect(page).toHaveURL(/\/login\?next=/);
});

test.describe("before any script has run", () => {
  test.use({ javaScriptEnabled: false });

  test("the form signs in, says what was wrong, and still knows where to go", async ({ page, me }) => {
    await page.goto(`/login?next=${encodeURIComponent("/me/keys")}`);
    await page.getByLabel("Email", { exact: true }).fill(me.email);
    await page.getByLabel("Password").fill("not it");
    await page.keyboard.press("Enter");
    await expect(page.getByText(WRONG)).toBeVisible();
    await page.getByLabel("Email", { exact: true }).fill(me.email);
    await page.getByLabel("Password").fill(me.password);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/me/keys");
  });
});

test("somebody of another account sees neither workspace, run nor stream", async ({ page, me, weir }) => {
  const flow = await weir.flow("walls");
  const run = await weir.run(flow.id);
  await signIn(page, places().other);
  for (const path of [
    at(me),
    at(me, "/runs"),
    at(me, `/runs/${run.id}`),
    `/live?account=${me.accountHandle}&workspace=${me.workspaceHandle}`,
  ]) {
    const response = await page.request.get(path, { maxRedirects: 0 });
    expect(response.status(), path).toBe(404);
    expect(await response.text()).not.toContain(run.name);
  }
  // A run asked for under the other's own workspace is not found either.
  expect((await page.request.get(at(places().other, `/runs/${run.id}`))).status()).toBe(404);
  const linked = await page.goto(`/account/${me.accountId}/workspace/${me.workspaceId}/runs/flow-run/${run.id}`);
  expect(linked?.status()).toBe(404);
});

/** The texts that were mailed to an address. */
async function mailTo(address: string): Promise<string[]> {
  return (await (await fetch(`${places().mailUrl}/${encodeURIComponent(address)}`)).json()) as string[];
}

test("a mailed link signs in once, after a click, and comes back to where it was asked for", async ({
  page,
  browser,
}) => {
  const { other } = places();
  const wanted = at(other, "/runs?state=FAILED");
  await page.goto(wanted);
  await page.getByLabel("Or get a link by email").fill(` ${other.email.toUpperCase()} `);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
  await expect.poll(async () => (await mailTo(other.email)).length).toBe(1);
  const [link = ""] = /http:\/\/\S+/.exec((await mailTo(other.email))[0] ?? "") ?? [];
  // A scanner that opens the link does not use it up.
  expect((await fetch(link)).status).toBe(200);
  await page.goto(link);
  await expect(page.getByText(other.email)).toBeVisible();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(wanted);
  const again = await browser.newPage({ baseURL: places().uiUrl });
  await again.goto(link);
  await again.getByRole("button", { name: "Sign in" }).click();
  await expect(again).toHaveURL(/\/login/);
  await expect(again.getByRole("alert").first()).toBeVisible();
  await again.close();
});

test("an address that nobody has is told the same, and gets no mail", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("Or get a link by email").fill("stranger@weir.test");
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
  expect(await mailTo("stranger@weir.test")).toEqual([]);
});
