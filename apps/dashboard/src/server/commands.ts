import type { Place } from "../paths.ts";
import { env } from "./env.ts";

/**
 * Commands that a page shows, filled in for this installation. The client derives the dashboard's address from the API's
 * only for hosts of one shape, so both are always named.
 */
export function commands() {
  const { WEIR_API_URL, NEXTAUTH_URL } = env();
  const settings = `PREFECT_CLOUD_API_URL=${WEIR_API_URL} PREFECT_CLOUD_UI_URL=${NEXTAUTH_URL}`;
  const target = ({ account, workspace }: Place) => `--workspace ${account}/${workspace}`;
  return {
    login: (place: Place) => `${settings} prefect cloud login ${target(place)}`,
    /** The part before and after the key: a page that has just made one puts it in between. */
    loginWithKey: (place: Place | undefined) =>
      [`${settings} prefect cloud login --key `, place ? ` ${target(place)}` : ""] as const,
  };
}
