import { expect, test } from "vitest";
import { clientLink, paths } from "./paths.ts";

const place = { account: "acme", workspace: "prod" };
const id = "01a20e0c-fce1-73e9-bc36-558af3630e6b";

test("every path of the dashboard", () => {
  expect({
    home: paths.home(),
    login: paths.login(),
    loginAndBack: paths.login("/acme/prod/runs?state=FAILED"),
    verify: paths.verify(),
    keys: paths.keys(),
    account: paths.account("acme"),
    workspace: paths.workspace(place),
    runs: paths.runs(place),
    run: paths.run(place, id),
    taskRun: paths.taskRun(place, id),
    flow: paths.flow(place, id),
    deployments: paths.deployments(place),
    deployment: paths.deployment(place, id),
    block: paths.block(place, id),
    blockCatalog: paths.blockCatalog(place),
    newBlock: paths.newBlock(place, "s3-bucket"),
    workPool: paths.workPool(place, "gpu pool"),
    worker: paths.worker(place, "gpu", "ProcessWorker 1"),
    workQueue: paths.workQueue(place, id),
    concurrencyLimit: paths.concurrencyLimit(place, id),
    automation: paths.automation(place, id),
    event: paths.event(place, "2026-11-24", id),
    events: paths.events(place),
  }).toMatchInlineSnapshot(`
    {
      "account": "/acme",
      "automation": "/acme/prod/automations/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "block": "/acme/prod/blocks/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "blockCatalog": "/acme/prod/blocks/catalog",
      "concurrencyLimit": "/acme/prod/concurrency/limits/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "deployment": "/acme/prod/deployments/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "deployments": "/acme/prod/deployments",
      "event": "/acme/prod/events/2026-11-24/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "events": "/acme/prod/events",
      "flow": "/acme/prod/flows/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "home": "/",
      "keys": "/me/keys",
      "login": "/login",
      "loginAndBack": "/login?next=%2Facme%2Fprod%2Fruns%3Fstate%3DFAILED",
      "newBlock": "/acme/prod/blocks/catalog/s3-bucket/new",
      "run": "/acme/prod/runs/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "runs": "/acme/prod/runs",
      "taskRun": "/acme/prod/task-runs/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "verify": "/login/verify",
      "workPool": "/acme/prod/work-pools/gpu%20pool",
      "workQueue": "/acme/prod/work-queues/01a20e0c-fce1-73e9-bc36-558af3630e6b",
      "worker": "/acme/prod/work-pools/gpu/workers/ProcessWorker%201",
      "workspace": "/acme/prod",
    }
  `);
});

test.each([
  [""],
  ["dashboard"],
  ["runs"],
  [`runs/flow-run/${id}`],
  [`flow-runs/flow-run/${id}`],
  [`runs/task-run/${id}`],
  [`flow-runs/task-run/${id}`],
  [`flows/flow/${id}`],
  ["deployments"],
  [`deployments/deployment/${id}`],
  [`blocks/block/${id}`],
  ["blocks/catalog"],
  ["settings/blocks/catalog"],
  ["settings/blocks/catalog/s3-bucket/create"],
  ["work-pools/work-pool/gpu"],
  [`work-pools/work-pool/gpu/worker/${id}`],
  [`work-queues/work-queue/${id}`],
  [`concurrency-limits/concurrency-limit/${id}`],
  [`automations/automation/${id}`],
  [`events/event/2026-11-24/${id}`],
  ["something/new"],
])("the client's link %j leads somewhere", (rest) => {
  expect(clientLink(place, rest.split("/").filter(Boolean), "")).toMatchSnapshot();
});

test("a link to events keeps its query", () => {
  expect(clientLink(place, ["events"], "?resource=prefect.flow-run.1")).toBe(
    "/acme/prod/events?resource=prefect.flow-run.1",
  );
});
