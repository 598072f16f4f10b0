import { BlockList, isIP } from "node:net";

/**
 * How far an address reaches: `public` may be any host of the internet, `private` belongs to somebody's own network, `never` is this
 * machine, its link (with the metadata services of clouds), or nothing that a registry could be at.
 */
export type Reach = "public" | "private" | "never";

const NEVER = blockList(
  ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/3"],
  // unspecified, loopback and v4-compatible; local NAT64; Teredo; 6to4; link-local and site-local; multicast
  ["::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fe80::/9", "ff00::/8"],
);
/** Amazon's metadata service has an address among the private ones. */
const METADATA = blockList([], ["fd00:ec2::254/128"]);
const PRIVATE = blockList(
  ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"],
  ["fc00::/7"],
);

/** @param address of either family, in brackets or not; what is none is `never` */
export function reachOf(address: string): Reach {
  const bare = bareAddress(address);
  const family = isIP(bare);
  if (family === 0) return "never";
  const embedded = family === 6 ? embeddedV4(bare) : undefined;
  if (embedded !== undefined) return reachOf(embedded);
  const kind = family === 4 ? "ipv4" : "ipv6";
  if (NEVER.check(bare, kind) || METADATA.check(bare, kind)) return "never";
  return PRIVATE.check(bare, kind) ? "private" : "public";
}

/** Whether a URL's host is an address and not a name. */
export function isAddress(hostname: string): boolean {
  return isIP(bareAddress(hostname)) !== 0;
}

/** Without brackets and zone. */
function bareAddress(host: string): string {
  return host.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
}

/** The IPv4 address in a mapped one (::ffff:0:0/96) or in one of NAT64 (64:ff9b::/96, RFC 6052), where it is all that counts. */
function embeddedV4(address: string): string | undefined {
  const groups = groupsOf(address);
  const prefix = groups.slice(0, 6).join(":");
  if (prefix !== "0:0:0:0:0:ffff" && prefix !== "64:ff9b:0:0:0:0") return undefined;
  return groups.slice(6).flatMap((group) => {
    const number = parseInt(group, 16);
    return [number >> 8, number & 255];
  }).join(".");
}

/** The eight groups in hex without leading zeros. */
function groupsOf(address: string): string[] {
  // the URL parser also takes the dotted form of the last two
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [before = "", after] = canonical.split("::");
  const head = before === "" ? [] : before.split(":");
  if (after === undefined) return head;
  const tail = after === "" ? [] : after.split(":");
  return [...head, ...new Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
}

function blockList(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [ranges, family] of [[v4, "ipv4"], [v6, "ipv6"]] as const) {
    for (const range of ranges) {
      const [net = "", bits] = range.split("/");
      list.addSubnet(net, Number(bits), family);
    }
  }
  return list;
}
