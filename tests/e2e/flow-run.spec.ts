import type { Locator } from "@playwright/test";
import { at, expect, isLive, p95, test } from "./harness/test.ts";

test("states, task runs and log lines accepted by the API are on screen within a second, in order", async ({
  signedIn: page,
  me,
  weir,
}) => {
  const flow = await weir.flow("live-run");
  const run = await weir.run(flow.id, {
    name: "live-run-one",
    parameters: { source: "s3://raw", threshold: 0.5 },
    tags: ["prod"],
  });
  await page.goto(at(me, `/runs/${run.id}`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("live-run-one");
  await expect(page.getByText("Nothing has been logged yet.")).toBeVisible();
  await isLive(page);

  const delays: number[] = [];
  const shows = async (accepted: Promise<unknown>, what: Locator) => {
    await accepted;
    const from = Date.now();
    await expect(what).toBeVisible();
    delays.push(Date.now() - from);
  };
  await shows(weir.setState(run.id, "RUNNING"), page.locator("header").getByText("Running"));
  const extract = weir.task(run.id, "extract");
  const bar = page.getByRole("row", { name: /extract/ });
  await shows(extract, bar);
  const { id } = await extract;
  await shows(weir.setTaskState(id, "RUNNING"), bar.getByRole("gridcell", { name: "Running" }));
  await shows(weir.setTaskState(id, "COMPLETED"), bar.getByRole("gridcell", { name: "Completed" }));
  const log = page.getByRole("log");
  for (let line = 0; line < 20; line++) {
    await shows(weir.log(run.id, `line number ${line} of twenty`), log.getByText(`line number ${line} of twenty`));
  }
  await shows(
    weir.setState(run.id, "FAILED", { message: "ValueError: bad row 7" }),
    page.getByText("ValueError: bad row 7"),
  );
  test.info().annotations.push({ type: "on screen, p95 ms", description: String(p95(delays)) });
  expect(p95(delays)).toBeLessThan(1_000);
  const lines = await log.getByText(/line number/).allTextContents();
  expect(lines).toEqual(Array.from({ length: 20 }, (_, line) => `line number ${line} of twenty`));
});

test("the timeline opens a subflow in place, by mouse and by keys", async ({ signedIn: page, me, weir }) => {
  const [flow, child] = await Promise.all([weir.flow("parent"), weir.flow("child")]);
  const run = await weir.run(flow.id, { name: "tree-parent" });
  await weir.setState(run.id, "RUNNING");
  const standIn = await weir.task(run.id, "stand-in");
  const subflow = await weir.run(child.id, { name: "tree-child", parent_task_run_id: standIn.id });
  await weir.setState(subflow.id, "RUNNING");
  const inner = await weir.task(subflow.id, "inner-task");
  await weir.setTaskState(inner.id, "RUNNING");

  await page.goto(at(me, `/runs/${run.id}`));
  const tree = page.getByRole("treegrid", { name: "Timeline" });
  const branch = tree.getByRole("row", { name: /tree-child/ });
  await expect(branch).toHaveAttribute("aria-expanded", "false");
  await expect(tree.getByRole("row", { name: /inner-task/ })).toHaveCount(0);
  await branch.getByRole("button", { name: "Open tree-child" }).click();
  await expect(tree.getByRole("row", { name: /inner-task/ })).toHaveAttribute("aria-level", "2");
  await isLive(page);
  await weir.setTaskState(inner.id, "COMPLETED");
  await expect(tree.getByRole("row", { name: /inner-task/ }).getByRole("gridcell", { name: "Completed" })).toBeVisible({
    timeout: 1_000,
  });

  await tree.focus();
  await page.keyboard.press("Home");
  while ((await tree.getAttribute("aria-activedescendant")) !== `row-${subflow.id}`)
    await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  await expect(branch).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(at(me, `/runs/${subflow.id}`));
  await page.getByRole("link", { name: "Subflow of tree-parent" }).click();
  await expect(page).toHaveURL(at(me, `/runs/${run.id}`));
});

test("parameters are shown exactly as they were sent, and the history has every state", async ({
  signedIn: page,
  me,
  weir,
}) => {
  const flow = await weir.flow("exact");
  const { places } = await import("./harness/places.ts");
  const body = `{"flow_id":"${flow.id}","name":"exact-run","parameters":{"ratio":1.0,"big":1152921504606846977},"state":{"type":"PENDING"}}`;
  const response = await fetch(`${places().apiUrl}/accounts/${me.accountId}/workspaces/${me.workspaceId}/flow_runs/`, {
    method: "POST",
    headers: { authorization: `Bearer ${me.apiKey}`, "content-type": "application/json" },
    body,
  });
  const { id } = (await response.json()) as { id: string };
  await weir.setState(id, "RUNNING");
  await weir.setState(id, "COMPLETED", { message: "All states completed." });
  await page.goto(at(me, `/runs/${id}?tab=parameters`));
  await expect(page.getByLabel("Parameters", { exact: true }).last()).toContainText(
    '"ratio": 1.0,\n  "big": 1152921504606846977',
  );
  await page.getByRole("tab", { name: "History" }).click();
  await expect(page).toHaveURL(/tab=history/);
  const rows = page.getByRole("table", { name: /States of the run/ }).getByRole("row");
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText("Completed");
  await expect(rows.nth(1)).toContainText("All states completed.");
  await expect(rows.nth(3)).toContainText("Pending");
});

test("the page of a cancelled run says by whom", async ({ signedIn: page, me, weir }) => {
  const flow = await weir.flow("cancelled");
  const run = await weir.run(flow.id, { name: "cancelled-run" });
  await weir.setState(run.id, "RUNNING");
  await page.goto(at(me, `/runs/${run.id}`));
  const cancelledBy = page.getByRole("term").filter({ hasText: "Cancelled by" });
  await isLive(page);
  await expect(cancelledBy).toHaveCount(0);
  await weir.setState(run.id, "CANCELLING");
  await expect(cancelledBy).toBeVisible();
});

test("two hundred thousand lines are read, searched and followed to their end", async ({
  signedIn: page,
  me,
  weir,
}) => {
  test.setTimeout(120_000);
  const flow = await weir.flow("big-log");
  const run = await weir.run(flow.id, { name: "big-log-run" });
  await weir.setState(run.id, "RUNNING");
  const start = Date.now() - 400_000;
  for (let batch = 0; batch < 40; batch++) {
    const lines = Array.from({ length: 5_000 }, (_, index) => {
      const line = batch * 5_000 + index;
      const message = line === 150_000 ? "needle in line 150000" : `ordinary line ${line}`;
      return {
        flow_run_id: run.id,
        name: "prefect.flow_runs",
        level: line % 1_000 === 0 ? 30 : 20,
        message,
        timestamp: new Date(start + line).toISOString(),
      };
    });
    await weir.call("POST", "/logs/", lines);
  }
  await weir.setState(run.id, "COMPLETED");
  await page.goto(at(me, `/runs/${run.id}`));
  const logs = page.getByRole("region", { name: "Logs" });
  const log = page.getByRole("log");
  await expect(log.getByText("ordinary line 0", { exact: true })).toBeVisible();
  await expect(logs.getByText("200,000 lines", { exact: true })).toBeVisible({ timeout: 60_000 });
  await logs.getByRole("button", { name: "To the end" }).click();
  await expect(log.getByText("ordinary line 199999", { exact: true })).toBeVisible();
  expect(await log.locator("> div > div").count()).toBeLessThan(300);

  await logs.getByRole("searchbox", { name: "Search the logs" }).fill("needle");
  await expect(log.getByText("in line 150000")).toBeVisible();
  await expect(logs.getByText("1 line", { exact: true })).toBeVisible();
  await logs.getByRole("searchbox").fill("");
  await logs.getByRole("combobox", { name: "Level" }).selectOption("30");
  await expect(logs.getByText("200 lines", { exact: true })).toBeVisible();
});

test("following stops when the reader scrolls up, and goes on when asked to", async ({ signedIn: page, me, weir }) => {
  const flow = await weir.flow("follow");
  const run = await weir.run(flow.id, { name: "follow-run" });
  await weir.setState(run.id, "RUNNING");
  const say = (from: number, count: number) =>
    weir.call(
      "POST",
      "/logs/",
      Array.from({ length: count }, (_, index) => ({
        flow_run_id: run.id,
        name: "prefect.flow_runs",
        level: 20,
        message: `followed line ${from + index}`,
        timestamp: new Date(Date.now() + index).toISOString(),
      })),
    );
  await say(0, 200);
  await page.goto(at(me, `/runs/${run.id}`));
  const log = page.getByRole("log");
  await expect(log.getByText("followed line 199", { exact: true })).toBeVisible();
  await isLive(page);
  await log.hover();
  await page.mouse.wheel(0, -1_000);
  await expect(page.getByRole("button", { name: "To the end" })).toBeVisible();
  await say(200, 50);
  const more = page.getByRole("button", { name: "Follow: 50 new" });
  await expect(more).toBeVisible();
  await expect(log.getByText("followed line 249", { exact: true })).toHaveCount(0);
  await more.click();
  await expect(log.getByText("followed line 249", { exact: true })).toBeVisible();
});

test("a run that is not there answers 404", async ({ signedIn: page, me }) => {
  const response = await page.goto(at(me, "/runs/01a20e1c-0000-7140-8603-000000000000"));
  expect(response?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
});
