import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";
import { ThemeProvider } from "../features/shell/theme.tsx";
import { DataProvider } from "../features/trpc/client.tsx";
import "./globals.css";

export const metadata: Metadata = { title: { default: "Weir", template: "%s · Weir" } };

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <ThemeProvider nonce={nonce}>
          <NuqsAdapter>
            <DataProvider>{children}</DataProvider>
          </NuqsAdapter>
        </ThemeProvider>
      </body>
    </html>
  );
}
