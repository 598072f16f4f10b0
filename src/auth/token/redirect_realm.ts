import { isHost } from "../../oci/host_name.ts";
import type { Credentials } from "../access_controller.ts";

/**
 * The realm on the host that the client asked (`autoredirect`; distribution's buildAutoRedirectURL): https unless a reverse proxy says
 * http. Undefined when there is no Host that can stand in a header.
 */
export function redirectRealm(
  credentials: Pick<Credentials, "header">,
  path: string,
): string | undefined {
  const host = credentials.header("host");
  if (host === undefined || !isHost(host)) return undefined;
  const forwarded = credentials.header("x-forwarded-proto")?.split(",", 1)[0]?.trim().toLowerCase();
  const scheme = forwarded === "http" ? "http" : "https";
  const escaped = encodeURI(path).replace(/[?#]/g, encodeURIComponent);
  return `${scheme}://${host}${escaped.startsWith("/") ? "" : "/"}${escaped}`;
}
