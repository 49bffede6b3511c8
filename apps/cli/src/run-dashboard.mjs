// Runs the dashboard's standalone server (its path is the first argument) as a child of the instance: the parent holds our
// standard input open and says so by WEIR_SUPERVISED=1; when that input ends, the parent is gone and so are we.
import { pathToFileURL } from "node:url";

const server = process.argv[2];
if (server === undefined) {
  console.error("Usage: node run-dashboard.mjs <path of the standalone server.js>");
  process.exit(2);
}

// biome-ignore lint/style/noProcessEnv: a program of its own
if (process.env.WEIR_SUPERVISED === "1") {
  process.stdin.resume();
  process.stdin.once("end", () => process.exit(0));
  process.stdin.once("error", () => process.exit(0));
}

await import(pathToFileURL(server).href);
