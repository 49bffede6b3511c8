import { places } from "./harness/places.ts";
import { expect, test } from "./harness/test.ts";

const statusOf = async (key: string) =>
  (await fetch(`${places().apiUrl}/me/workspaces`, { headers: { authorization: `Bearer ${key}` } })).status;

test("a key is shown once, works, and stops working when it is revoked", async ({ signedIn: page, me }) => {
  await page.goto("/me/keys");
  await page.getByRole("button", { name: "Create a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("laptop of Ada");
  await dialog.getByRole("button", { name: "Create the key" }).click();

  const revealed = page.getByRole("dialog", { name: "Your new key" });
  const key = (await revealed.locator("code").first().textContent()) ?? "";
  expect(key).toMatch(/^pnu_[0-9A-Za-z]{43}$/);
  await expect(revealed.locator("code").nth(1)).toContainText(
    `prefect cloud login --key ${key} --workspace ${me.accountHandle}/${me.workspaceHandle}`,
  );
  expect(await statusOf(key)).toBe(200);
  await revealed.getByRole("button", { name: "Done" }).click();

  const row = page.getByRole("row", { name: /laptop of Ada/ });
  await expect(row).toContainText(`pnu_…${key.slice(-4)}`);
  const answers: Promise<string>[] = [];
  page.on("response", (response) => answers.push(response.text().catch(() => "")));
  await page.reload();
  await expect(row).toContainText("now"); // last used, by this test
  expect(await page.content()).not.toContain(key);
  expect((await Promise.all(answers)).join()).not.toContain(key);

  await row.getByRole("button", { name: "Revoke laptop of Ada" }).click();
  const sure = page.getByRole("dialog", { name: "Revoke laptop of Ada?" });
  await expect(sure.getByRole("button", { name: "Cancel" })).toBeFocused();
  await sure.getByRole("button", { name: "Revoke the key" }).click();
  await expect(row).toHaveCount(0);
  await expect.poll(() => statusOf(key), { timeout: 5_000 }).toBe(401);
});
