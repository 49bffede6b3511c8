import { at, expect, isLive, test } from "./harness/test.ts";

const pill = "[data-live]";

test("a stream that falls silent for 25 s is opened again", async ({ signedIn: page, me }) => {
  await page.clock.install();
  await page.goto(at(me, "/runs"));
  await isLive(page);
  // Whatever the server says from now on is lost on its way.
  await page.route("**/live?*", () => undefined);
  const asked = page.waitForRequest(/\/live\?/);
  await page.clock.fastForward(26_000);
  await expect(page.locator(pill)).toHaveAttribute("data-live", "reconnecting");
  await page.unroute("**/live?*");
  await page.clock.fastForward(30_000);
  await asked;
  await page.clock.fastForward(26_000);
  await page.clock.resume();
  await isLive(page);
});

test("a tab without network says so, and shows what it missed once it has one", async ({
  signedIn: page,
  me,
  weir,
}) => {
  const run = await weir.run((await weir.flow("offline")).id, { state: { type: "RUNNING" } });
  await page.goto(at(me, `/runs/${run.id}`));
  await isLive(page);
  await page.context().setOffline(true);
  await expect(page.locator(pill)).toHaveAttribute("data-live", "offline");
  await weir.setState(run.id, "COMPLETED");
  await page.context().setOffline(false);
  await isLive(page);
  await expect(page.getByText("Completed").first()).toBeVisible();
});

test("a tab that is hidden for a minute pauses, and goes on when it is shown", async ({ signedIn: page, me }) => {
  await page.clock.install();
  await page.goto(at(me, "/runs"));
  await isLive(page);
  const show = (isHidden: boolean) =>
    page.evaluate(`
      Object.defineProperty(document, "hidden", { configurable: true, get: () => ${isHidden} });
      document.dispatchEvent(new Event("visibilitychange"));`);
  await show(true);
  await page.clock.fastForward(61_000);
  await expect(page.locator(pill)).toHaveAttribute("data-live", "paused");
  await show(false);
  await page.clock.resume();
  await isLive(page);
});
