import { join } from "node:path";
import type { NextConfig } from "next";

const repository = join(import.meta.dirname, "../..");

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: repository,
  turbopack: { root: repository },
  transpilePackages: ["@weir/auth", "@weir/contracts", "@weir/core", "@weir/db", "@weir/events", "@weir/operations"],
  serverExternalPackages: ["pg"],
  poweredByHeader: false,
  // The load balancer in front compresses; Next's own compression would hold back the live stream.
  compress: false,
  devIndicators: false,
};

export default config;
