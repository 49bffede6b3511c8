import type { Page } from "@playwright/test";
import { at, expect, test } from "./harness/test.ts";

test.use({ viewport: { width: 375, height: 812 } });

const LONG = "a-rather-long-name-that-somebody-chose-and-that-has-no-place-to-break-at";

/** What a page shows once everything is there: until then there is nothing that could stick out. */
const whole = {
  runs: (page: Page) => page.getByRole("row").filter({ hasText: LONG }),
  "a flow run": (page: Page) => page.getByRole("treegrid").getByRole("row").filter({ hasText: LONG }),
  "API keys": (page: Page) => page.getByRole("button", { name: /^Revoke/ }),
};

for (const [name, shown] of Object.entries(whole)) {
  test(`${name}: nothing is cut off sideways on a telephone`, async ({ signedIn: page, me, weir }) => {
    const run = await weir.run((await weir.flow(LONG)).id, { name: LONG, tags: [LONG], state: { type: "RUNNING" } });
    await weir.task(run.id, LONG);
    await page.goto({ runs: at(me, "/runs"), "a flow run": at(me, `/runs/${run.id}`) }[name] ?? "/me/keys");
    await expect(shown(page).first()).toBeVisible();
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBeLessThanOrEqual(375);
  });
}
