import { Command } from "commander";
import { printExplanation } from "./commands/flow-run/explain.ts";
import { startServer } from "./commands/server/start.ts";
import { printStatus } from "./commands/server/status.ts";
import { stopServer } from "./commands/server/stop.ts";

const program = new Command("weir").description("An open control plane for workflow orchestration.");
const server = program.command("server").description("Weir on this machine.");
server.command("start").description("Start Weir and keep it running until Ctrl-C.").action(startServer);
server.command("stop").description("Stop Weir and wait until it has stopped.").action(stopServer);
server.command("status").description("Say as JSON whether Weir runs, and where.").action(printStatus);

const flowRun = program.command("flow-run").description("Runs of flows.");
flowRun
  .command("explain")
  .description("Say why a flow run waits, and what would end it.")
  .argument("<id>", "id of the flow run")
  .option("--json", "print the checks as JSON")
  .action(printExplanation);

try {
  await program.parseAsync();
  process.exit(); // whatever is still open, such as kept-alive connections, must not hold us
} catch (error) {
  console.error(`\nError: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
