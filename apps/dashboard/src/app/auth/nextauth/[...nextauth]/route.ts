import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { authOptions } from "../../../../server/auth/options.ts";

type Context = { params: Promise<{ nextauth: string[] }> };

function handler(request: NextRequest, context: Context): Promise<Response> {
  return NextAuth(request, context, authOptions());
}

export { handler as GET, handler as POST };
