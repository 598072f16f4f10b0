import { isHost } from "../oci/host_name.ts";
import type { Exchange } from "./exchange.ts";

type Headers = Pick<Exchange, "header">;

/** What a reverse proxy tells about the request that it got. */
export interface Forwarded {
  readonly scheme?: "http" | "https";
  /** `name`, `name:port`, `[::1]:port`; checked, so it can go into a header. */
  readonly host?: string;
}

/** name=token or name="quoted", with what separates it from the next (RFC 7239 section 4; a port without quotes is let pass). */
const PAIR =
  /[ \t]*([!#$%&'*+.^`|~\w-]+)=(?:([!#$%&'*+.^`|~\w:\[\]-]+)|"((?:[\t !#-\[\]-~]|\\[\t -~])*)")[ \t]*(;[ \t;]*|,|$)/y;

/**
 * Scheme and host that the client used, by the first element of Forwarded (RFC 7239), or the first of X-Forwarded-Proto and
 * X-Forwarded-Host. As in distribution, any Forwarded, even an unreadable one, turns the others off. Values that are no scheme or no
 * host are left out.
 */
export function readForwarded(headers: Headers): Forwarded {
  const forwarded = headers.header("forwarded");
  if (forwarded) {
    const pairs = firstElement(forwarded);
    return checked(pairs.get("proto"), pairs.get("host"));
  }
  return checked(
    firstOf(headers.header("x-forwarded-proto")),
    firstOf(headers.header("x-forwarded-host")),
  );
}

function checked(proto: string | undefined, host: string | undefined): Forwarded {
  const scheme = proto?.toLowerCase();
  return {
    ...(scheme === "http" || scheme === "https" ? { scheme } : {}),
    ...(host !== undefined && isHost(host) ? { host } : {}),
  };
}

/** The parameters of the first element, none when it cannot be read. */
function firstElement(forwarded: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  const pair = new RegExp(PAIR); // with a lastIndex of its own
  while (pair.lastIndex < forwarded.length) {
    const match = pair.exec(forwarded);
    const [, name = "", token, quoted = "", end] = match ?? [];
    const key = name.toLowerCase();
    if (match === null || pairs.has(key)) return new Map(); // RFC 7239 section 4: each parameter at most once
    pairs.set(key, token ?? quoted.replace(/\\(.)/g, "$1"));
    if (end === ",") break;
  }
  return pairs;
}

/**
 * The address for the application log: the first of X-Forwarded-For when it is an IP address, else X-Real-Ip, else the peer's. Only
 * for reading: anybody can send these headers.
 */
export function clientAddress(exchange: Pick<Exchange, "header" | "remoteAddress">): string {
  const forwarded = firstOf(exchange.header("x-forwarded-for"));
  if (forwarded !== undefined && isIpAddress(forwarded)) return forwarded;
  const real = exchange.header("x-real-ip")?.trim();
  if (real !== undefined && isIpAddress(real)) return real;
  return exchange.remoteAddress;
}

/** Whether the text is an IPv4 or IPv6 address without port, brackets or zone. */
export function isIpAddress(text: string): boolean {
  if (text.length > 45) return false;
  if (/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text)) return URL.canParse(`http://[${text}]/`);
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && +part < 256);
}

function firstOf(list: string | undefined): string | undefined {
  return list?.split(",", 1)[0]?.trim();
}
