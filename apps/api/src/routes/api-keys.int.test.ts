import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let database: TestDatabase;
let api: TestApi;
let ada: TestWorkspace;
let bob: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  ada = await aWorkspace(database.services);
  bob = await aWorkspace(database.services);
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

async function call(key: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${api.origin}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

test("a key is told once, works at once, and is refused at once when it was revoked", async () => {
  const made = await call(ada.apiKey, "POST", `/users/${ada.userId}/api_keys`, { name: "laptop" });
  expect(made).toEqual({
    status: 201,
    body: {
      id: expect.any(String),
      created: expect.any(String),
      name: "laptop",
      expiration: null,
      key: expect.stringMatching(/^pnu_[0-9A-Za-z]{43}$/),
    },
  });
  const { id, key } = made.body;
  expect(await call(key, "GET", "/me")).toMatchObject({ status: 200, body: { id: ada.userId } });
  expect(await call(ada.apiKey, "GET", `/users/${ada.userId}/api_keys/${id}`)).toMatchObject({
    status: 200,
    body: { id, name: "laptop", masked_key: `pnu_...${key.slice(-4)}` },
  });
  expect(await call(ada.apiKey, "DELETE", `/users/${ada.userId}/api_keys/${id}`)).toEqual({ status: 204 });
  expect(await call(key, "GET", "/me")).toMatchObject({ status: 401 });
  expect(await call(ada.apiKey, "DELETE", `/users/${ada.userId}/api_keys/${id}`)).toMatchObject({ status: 404 });
});

test("an expiration comes back as the instant that was sent, and ends the key", async () => {
  const expiration = "2020-01-01T00:00:00.123456Z";
  const made = await call(ada.apiKey, "POST", `/users/${ada.userId}/api_keys`, { name: "old", expiration });
  expect(made.body.expiration).toBe(expiration);
  const read = await call(ada.apiKey, "GET", `/users/${ada.userId}/api_keys/${made.body.id}`);
  expect(read.body.expiration).toBe(expiration);
  expect((await call(made.body.key, "GET", "/me")).status).toBe(401);
});

test("lists hold the caller's keys by name, and nothing that opens a door", async () => {
  await call(ada.apiKey, "POST", `/users/${ada.userId}/api_keys`, { name: "ci-one" });
  await call(ada.apiKey, "POST", `/users/${ada.userId}/api_keys`, { name: "ci-two" });
  const names = (answer: { body: { name: string }[] }) => answer.body.map(({ name }) => name);
  expect(names(await call(ada.apiKey, "GET", `/users/${ada.userId}/api_keys?name=ci-one`))).toEqual(["ci-one"]);
  expect(names(await call(ada.apiKey, "GET", "/me/api_keys"))).toEqual(expect.arrayContaining(["ci-two", "test"]));
  const filter = { api_keys: { name: { like_: "CI-" } }, limit: 1, offset: 1 };
  const filtered = await call(ada.apiKey, "POST", "/me/api_keys/filter", filter);
  expect(names(filtered)).toEqual(["ci-one"]);
  expect(Object.keys(filtered.body[0])).toEqual(["id", "created", "name", "expiration", "masked_key"]);
  expect(names(await call(bob.apiKey, "GET", "/me/api_keys"))).toEqual(["test"]);
});

test("a user's keys are nobody else's", async () => {
  for (const [method, path] of [
    ["POST", ""],
    ["GET", ""],
    ["GET", "/01a20e0d-48bb-791a-86ba-293913ea8829"],
    ["DELETE", "/01a20e0d-48bb-791a-86ba-293913ea8829"],
  ] as const) {
    const body = method === "POST" ? { name: "mine now" } : undefined;
    expect(await call(bob.apiKey, method, `/users/${ada.userId}/api_keys${path}`, body)).toMatchObject({ status: 404 });
  }
});

test("a caller learns what it may do in its accounts, and of others that they are not there", async () => {
  const mine = `/me/accounts/${ada.accountId}`;
  expect((await call(ada.apiKey, "GET", `${mine}/permissions`)).body).toContain("create:workspace");
  expect((await call(ada.apiKey, "GET", `${mine}/has_permission?permission=create:workspace`)).body).toBe(true);
  expect((await call(ada.apiKey, "GET", `${mine}/has_permission?permission=fly`)).body).toBe(false);
  expect((await call(bob.apiKey, "GET", `${mine}/permissions`)).status).toBe(404);
});
