import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { api } from "./api.ts";
import { type Person, places } from "./places.ts";

type Fixtures = {
  /** The API, as the person whose browser this is. */
  weir: ReturnType<typeof api>;
  me: Person;
  /** A page of somebody signed in; its test fails on any uncaught error, blocked resource or request to another origin. */
  signedIn: Page;
};

type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** Tests of the browser's side, on the Weir that the global set-up has started. */
export const test = base.extend<Fixtures, { session: Session }>({
  // One sign-in for all tests of a worker: the name is throttled, and each costs a second.
  session: [
    async ({ browser }, use) => {
      const page = await browser.newPage({ baseURL: places().uiUrl });
      await signIn(page, places().mine);
      const session = await page.context().storageState();
      await page.close();
      await use(session);
    },
    { scope: "worker" },
  ],
  baseURL: async ({ browserName: _ }, use) => use(places().uiUrl),
  me: async ({ browserName: _ }, use) => use(places().mine),
  weir: async ({ me }, use) => use(api(me)),
  signedIn: async ({ page, session }, use) => {
    const wrong = watch(page);
    await page.context().addCookies(session.cookies);
    await use(page);
    expect(wrong, "nothing went wrong in the page").toEqual([]);
  },
});

export { expect };

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, person: Pick<Person, "email" | "password">): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("Email", { exact: true }).fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.pathname.startsWith("/login"));
}

/** Addresses of a person's workspace. */
export function at(person: Person, rest = ""): string {
  return `/${person.accountHandle}/${person.workspaceHandle}${rest}`;
}

/** Waits until the page's stream is open: what happens from now on must reach it by itself. */
export async function isLive(page: Page): Promise<void> {
  await expect(page.locator("[data-live]")).toHaveAttribute("data-live", "live");
}

/** Collects what no page may do. */
function watch(page: Page): string[] {
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|hydrat/i.test(message.text()))
      wrong.push(message.text());
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== places().uiUrl) wrong.push(`asked ${request.url()}`);
  });
  return wrong;
}

/** The value below which 95 of 100 lie. */
export function p95(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}
