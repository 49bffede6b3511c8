export { startTestApi, type TestApi } from "./api.ts";
export { type ApiSuite, apiSuite } from "./api-suite.ts";
export { processorMs } from "./cpu.ts";
export {
  asSuperuser,
  TEMPLATE,
  TEST_RETENTION_DAYS,
  type TestDatabase,
  testDatabase,
  withDatabase,
} from "./database.ts";
export { startTestWeir, type TestWeir, type TestWeirOptions } from "./weir.ts";
export { aFlow, aFlowRun, aWorkspace, type TestWorkspace } from "./workspace.ts";
