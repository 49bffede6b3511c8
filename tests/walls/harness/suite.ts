import { startTestApi, type TestApi, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll } from "vitest";
import { anEstate, type Estate } from "./estate.ts";

/** An API on a database of the file's own, and an estate in it; all there from the file's own `beforeAll` on. */
export type WallsSuite = { database: TestDatabase; api: TestApi; estate: Estate };

/** Starts them before the tests of the file and drops them after. */
export function wallsSuite(): WallsSuite {
  const suite = {} as WallsSuite;
  beforeAll(async () => {
    suite.database = await testDatabase();
    suite.api = await startTestApi(suite.database.services);
    suite.estate = await anEstate(suite.database.services, suite.api.origin);
  });
  afterAll(async () => {
    await suite.api.close();
    await suite.database.drop();
  });
  return suite;
}
