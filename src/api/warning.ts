import type { ReplyHeaders } from "../http/exchange.ts";

/** Characters of a warning that are sent. */
const LONGEST = 500;

/**
 * The header that tells a client that an answer may not be what holds now; empty without a warning. The form is RFC 7234's (section 5.5,
 * taken out by RFC 9111) with code 299 and no agent, the only one that containerd and podman show (OCI distribution-spec, Warnings).
 */
export function warningHeader(warning: string | undefined): ReplyHeaders {
  if (warning === undefined) return {};
  const text = warning.slice(0, LONGEST).replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&");
  return { Warning: `299 - "${text}"` };
}
