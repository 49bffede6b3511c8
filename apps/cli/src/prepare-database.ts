// A program of its own, started by `weir server start`: migrates the database and makes the local account, then ends.
import { answerPrepareJob } from "@weir/instance";
import { prepareDatabase } from "@weir/instance/prepare";

await answerPrepareJob((job) => prepareDatabase(job));
process.exit(); // the database's pool would keep us
