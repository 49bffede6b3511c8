import { at, expect, isLive, p95, test } from "./harness/test.ts";

test.describe.configure({ mode: "serial" });

test("a workspace in which nothing has run teaches how to begin", async ({ page }) => {
  const { signIn } = await import("./harness/test.ts");
  const { places } = await import("./harness/places.ts");
  const { other } = places();
  await signIn(page, other);
  await expect(page).toHaveURL(at(other, "/runs"));
  await expect(page.getByRole("heading", { name: "Nothing has run here yet" })).toBeVisible();
  await expect(page.locator("code")).toContainText(
    `prefect cloud login --workspace ${other.accountHandle}/${other.workspaceHandle}`,
  );
});

test("runs are listed and narrowed by state, flow and name, and the address says so", async ({
  signedIn: page,
  me,
  weir,
}) => {
  const [etl, report] = await Promise.all([weir.flow("filter-etl"), weir.flow("filter-report")]);
  const failed = await weir.run(etl.id, { name: "filter-broken-one", tags: ["eu"] });
  await weir.setState(failed.id, "RUNNING");
  await weir.setState(failed.id, "FAILED", { message: "bad row" });
  await weir.run(etl.id, { name: "filter-waiting-one" });
  await weir.run(report.id, { name: "filter-waiting-two" });

  await page.goto(at(me, "/runs"));
  const row = (name: string) => page.getByRole("row", { name: new RegExp(name) });
  await expect(row("filter-broken-one")).toContainText("Failed");
  await expect(row("filter-broken-one")).toContainText("filter-etl");
  await expect(row("filter-broken-one")).toContainText("eu");

  await page.getByRole("button", { name: "State" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Failed" }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/state=FAILED/);
  await expect(row("filter-broken-one")).toBeVisible();
  await expect(row("filter-waiting-one")).toHaveCount(0);

  await page.reload();
  await expect(page.getByRole("button", { name: "State: Failed" })).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("searchbox", { name: "Run name" }).fill("filter-waiting");
  await expect(row("filter-waiting-one")).toBeVisible();
  await expect(row("filter-broken-one")).toHaveCount(0);

  await page.getByRole("button", { name: "Flow" }).click();
  await page.getByRole("menuitemcheckbox", { name: "filter-report" }).click();
  await page.keyboard.press("Escape");
  await expect(row("filter-waiting-two")).toBeVisible();
  await expect(row("filter-waiting-one")).toHaveCount(0);

  await page.getByRole("searchbox", { name: "Run name" }).fill("no such run");
  await expect(page.getByRole("heading", { name: "No run matches" })).toBeVisible();
});

test("older runs come page by page, none twice and none left out", async ({ signedIn: page, me, weir }) => {
  const flow = await weir.flow("paged");
  await Promise.all(
    Array.from({ length: 120 }, (_, index) => weir.run(flow.id, { name: `paged-${String(index).padStart(3, "0")}` })),
  );
  await page.goto(at(me, "/runs?name=paged-"));
  const names = page.getByRole("rowheader");
  await expect(names).toHaveCount(50);
  await page.getByRole("button", { name: "Show older runs" }).click();
  await expect(names).toHaveCount(100);
  await page.getByRole("button", { name: "Show older runs" }).click();
  await expect(names).toHaveCount(120);
  expect(new Set(await names.allTextContents()).size).toBe(120);
});

test("a state set through the API is on screen within a second", async ({ signedIn: page, me, weir }) => {
  const flow = await weir.flow("live-list");
  const run = await weir.run(flow.id, { name: "live-list-run" });
  await page.goto(at(me, "/runs?name=live-list-run"));
  const row = page.getByRole("row", { name: /live-list-run/ });
  await expect(row).toContainText("Pending");
  await isLive(page);
  const delays: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const [type, words] = turn % 2 === 0 ? (["RUNNING", "Running"] as const) : (["PAUSED", "Paused"] as const);
    await weir.setState(run.id, type);
    const accepted = Date.now();
    await expect(row).toContainText(words);
    delays.push(Date.now() - accepted);
  }
  test.info().annotations.push({ type: "state on screen, p95 ms", description: String(p95(delays)) });
  expect(p95(delays)).toBeLessThan(1_000);
});

test("a new run shows by itself at the top, and waits behind a button while a row has the focus", async ({
  signedIn: page,
  me,
  weir,
}) => {
  const flow = await weir.flow("newcomers");
  await weir.run(flow.id, { name: "newcomer-0" });
  await page.goto(at(me, "/runs?name=newcomer"));
  const rows = page.getByRole("rowheader");
  await expect(rows).toHaveCount(1);
  await isLive(page);
  await weir.run(flow.id, { name: "newcomer-1" });
  await expect(rows).toHaveCount(2);

  await page.getByRole("link", { name: "newcomer-0" }).focus();
  await weir.run(flow.id, { name: "newcomer-2" });
  const waiting = page.getByRole("button", { name: "1 new run" });
  await expect(waiting).toBeVisible();
  await expect(rows).toHaveCount(2);
  await waiting.click();
  await expect(rows.first()).toHaveText("newcomer-2");
  await expect(waiting).toHaveCount(0);
});

test("a stream that was cut comes back, and with it what happened meanwhile", async ({
  signedIn: page,
  me,
  weir,
  context,
}) => {
  const flow = await weir.flow("cut");
  const run = await weir.run(flow.id, { name: "cut-run" });
  await page.goto(at(me, "/runs?name=cut-run"));
  await isLive(page);
  await context.setOffline(true);
  await expect(page.locator("[data-live]")).toHaveAttribute("data-live", "offline", { timeout: 2_000 });
  await weir.setState(run.id, "RUNNING");
  await weir.setState(run.id, "COMPLETED");
  await context.setOffline(false);
  await expect(page.getByRole("row", { name: /cut-run/ })).toContainText("Completed", { timeout: 3_000 });
});
