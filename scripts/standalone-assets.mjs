#!/usr/bin/env node
/**
 * Completes Next's standalone server, run in the dashboard's folder after `next build`: it serves `.next/static` and
 * `public` from beside itself, and Next leaves them out of what it gathers.
 */
import { cpSync, existsSync } from "node:fs";

const server = ".next/standalone/apps/dashboard";
if (!existsSync(`${server}/server.js`)) {
  console.error(`Error: ${server}/server.js is missing. next.config.ts must say output: "standalone".`);
  process.exit(1);
}
cpSync(".next/static", `${server}/.next/static`, { recursive: true });
if (existsSync("public")) cpSync("public", `${server}/public`, { recursive: true });
