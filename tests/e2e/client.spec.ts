import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { places } from "./harness/places.ts";
import { at, expect, isLive, test } from "./harness/test.ts";

const venv = fileURLToPath(new URL("../../.cache/prefect-venv/bin", import.meta.url));
const bin = process.env.WEIR_PREFECT_BIN ?? venv;

const script = `
import time
from prefect import flow, task
from prefect.logging import get_run_logger

@task(tags=["extract"])
def extract(n):
    get_run_logger().info("extracted %s rows", n)
    time.sleep(0.5)
    return n

@task
def broken():
    raise ValueError("bad row 7")

@flow(name="e2e-load")
def load(region: str):
    extract.with_options(task_run_name=f"extract-{region}")(3)

@flow(name="e2e-etl", log_prints=True)
def etl(ratio: float = 1.0):
    print("hello from the etl")
    for future in [extract.submit(n) for n in range(3)]:
        future.result()
    load("eu")
    broken()

etl()
`;

test("a pipeline of the released client is watched from its first state to its failure", async ({
  signedIn: page,
  me,
}) => {
  expect(existsSync(join(bin, "python")), "the Python client is not installed: npm test does it").toBe(true);
  test.setTimeout(120_000);
  const home = mkdtempSync(join(tmpdir(), "weir-e2e-"));
  writeFileSync(join(home, "etl.py"), script);
  await page.goto(at(me, "/runs"));
  await isLive(page);

  const client = spawn(join(bin, "python"), ["etl.py"], {
    cwd: home,
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: home,
      PREFECT_HOME: join(home, ".prefect"),
      PREFECT_API_URL: `${places().apiUrl}/accounts/${me.accountId}/workspaces/${me.workspaceId}`,
      PREFECT_API_KEY: me.apiKey,
      PREFECT_CLOUD_API_URL: places().apiUrl,
      PREFECT_CLOUD_UI_URL: places().uiUrl,
      PREFECT_LOGGING_TO_API_BATCH_INTERVAL: "0.2",
      PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: "false",
      DO_NOT_TRACK: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  client.stdout.on("data", (data) => (output += data));
  client.stderr.on("data", (data) => (output += data));
  const ended = new Promise((resolve) => client.once("exit", resolve));

  // It appears in the list by itself; its page is then followed to the end.
  const row = page.getByRole("row", { name: /e2e-etl/ });
  await expect(row).toContainText(/Pending|Running/, { timeout: 60_000 });
  await row.getByRole("link").first().click();
  const log = page.getByRole("log");
  await expect(log.getByText("hello from the etl")).toBeVisible({ timeout: 30_000 });
  const tree = page.getByRole("treegrid", { name: "Timeline" });
  await expect(tree.getByRole("row", { name: /extract/ })).toHaveCount(3, { timeout: 30_000 });
  await ended;
  await expect(page.locator("header").getByText("Failed")).toBeVisible();
  await expect(page.locator("header").getByText(/bad row 7/)).toBeVisible();
  await expect(tree.getByRole("row", { name: /broken/ }).getByRole("gridcell", { name: "Failed" })).toBeVisible();
  await expect(log.getByText("extracted 2 rows")).toBeVisible();

  const branch = tree.getByRole("row", { expanded: false });
  await branch.getByRole("button").click();
  await expect(tree.getByRole("row", { name: /extract-eu/ })).toBeVisible();

  // The link that the client printed leads to this page.
  const printed = new RegExp(`${places().uiUrl}/account/\\S+/flow-run/[0-9a-f-]+`).exec(output)?.[0] ?? "";
  expect(printed).not.toBe("");
  const here = page.url();
  await page.goto(printed);
  expect(new URL(page.url()).pathname).toBe(new URL(here).pathname);
});
