import { at, expect, test } from "./harness/test.ts";

test.use({ viewport: { width: 375, height: 812 } });

const LONG = "a-rather-long-name-that-somebody-chose-and-that-has-no-place-to-break-at";

for (const name of ["runs", "a flow run", "API keys"]) {
  test(`${name}: nothing is cut off sideways on a telephone`, async ({ signedIn: page, me, weir }) => {
    const run = await weir.run((await weir.flow(LONG)).id, { name: LONG, tags: [LONG], state: { type: "RUNNING" } });
    await weir.task(run.id, LONG);
    await page.goto({ runs: at(me, "/runs"), "a flow run": at(me, `/runs/${run.id}`) }[name] ?? "/me/keys");
    await expect(page.getByRole("heading").first()).toBeVisible();
    await expect.poll(() => page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(375);
  });
}
