import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { at, expect, isLive, signIn, test } from "./harness/test.ts";

async function isAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  expect(found, what).toEqual([]);
  await expect(page.getByRole("heading", { level: 1 }), `${what} has one h1`).toHaveCount(1);
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("pages have no serious fault", async ({ page, me, weir }) => {
      test.setTimeout(240_000);
      const flow = await weir.flow("accessible");
      const run = await weir.run(flow.id, { name: `accessible-${colorScheme}`, parameters: { a: 1 }, tags: ["x"] });
      await weir.setState(run.id, "RUNNING");
      const states = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PAUSED", "CANCELLING"];
      for (const type of states)
        await weir.setState((await weir.run(flow.id, { name: `accessible-${type}` })).id, type);
      const task = await weir.task(run.id, "some-task");
      await weir.setTaskState(task.id, "FAILED");
      await weir.log(run.id, "plain");
      await weir.log(run.id, "worse", { level: 40 });

      await page.goto("/login");
      await isAccessible(page, "sign in");
      await signIn(page, me);
      await page.goto(at(me, "/runs?name=accessible"));
      await isLive(page);
      await expect(page.getByRole("rowheader").first()).toBeVisible();
      await isAccessible(page, "runs");
      await page.goto(at(me, "/runs?name=nothing-like-it"));
      await expect(page.getByRole("heading", { name: "No run matches" })).toBeVisible();
      await isAccessible(page, "runs, none");
      await page.goto(at(me, `/runs/${run.id}`));
      await expect(page.getByRole("log").getByText("worse")).toBeVisible();
      await isAccessible(page, "flow run");
      for (const tab of ["tasks", "subflows", "parameters", "details", "history"]) {
        await page.goto(at(me, `/runs/${run.id}?tab=${tab}`));
        await expect(page.getByRole("tabpanel")).toBeVisible();
        await isAccessible(page, `flow run, ${tab}`);
      }
      await page.goto("/me/keys");
      await expect(page.getByRole("rowheader").first()).toBeVisible();
      await isAccessible(page, "keys");
      await page.goto("/auth/client?callback=http://localhost:9");
      await isAccessible(page, "terminal");
      await page.goto("/nowhere/at/all");
      await isAccessible(page, "not found");
    });
  });
}
