import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { reachOf } from "../../src/proxy/inner_addresses.ts";
import { OutboundRule } from "../../src/proxy/outbound_rule.ts";
import { isSameSite } from "../../src/proxy/same_site.ts";

const REACHES = {
  never: [
    ..."0.0.0.0 127.0.0.1 127.255.1.1 169.254.169.254 192.0.0.1 198.18.0.1 224.0.0.1 255.255.255.255"
      .split(" "),
    ...":: ::1 ::127.0.0.1 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 2002:7f00:1:: 2001:0:1::1"
      .split(" "),
    ..."64:ff9b:1::8.8.8.8 fd00:ec2::254 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254"
      .split(" "),
    ..."64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:: [::1] [::ffff:127.0.0.1]".split(" "),
    ..."localhost example.com 1.2.3 0x7f.1".split(" "),
    "",
  ],
  private: [
    ..."10.0.0.1 100.64.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fd12:3456::1 fc00::1".split(" "),
    ..."::ffff:10.0.0.1 64:ff9b::10.0.0.1 [fd00::1]".split(" "),
  ],
  public: [
    ..."8.8.8.8 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 169.253.0.1 2a00:1450::1".split(
      " ",
    ),
    ..."::ffff:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b::808:808 [2606:4700::1111]".split(" "),
  ],
};

for (const [reach, addresses] of Object.entries(REACHES)) {
  Deno.test(`reachOf() finds ${reach} what is so`, () => {
    for (const address of addresses) {
      assertEquals(`${address} ${reachOf(address)}`, `${address} ${reach}`);
    }
  });
}

Deno.test("reachOf() says of an address within one of IPv6 what it says of the address", () => {
  fc.assert(fc.property(fc.ipV4(), (address) => {
    const canonical = new URL(`http://${address}`).hostname;
    assertEquals(reachOf(`::ffff:${canonical}`), reachOf(canonical));
    assertEquals(reachOf(`64:ff9b::${canonical}`), reachOf(canonical));
  }));
});

Deno.test("reachOf() takes any text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6()), (text) => {
    assertEquals(["public", "private", "never"].includes(reachOf(text)), true);
  }));
});

Deno.test("isSameSite() knows registrable domains, private suffixes too", () => {
  const yes =
    "a.com a.com, auth.docker.io registry-1.docker.io, 10.0.0.1 10.0.0.1, registry registry, a.corp.local b.corp.local";
  const no =
    "a.com b.com, a.co.uk b.co.uk, a.github.io b.github.io, 10.0.0.1 10.0.0.2, a b, docker.io docker.io.evil.com, " +
    "evildocker.io docker.io, localhost 127.0.0.1, [::1] [::2], co.uk a.co.uk";
  const pairs = (list: string) => list.split(", ").map((pair) => pair.split(" "));
  for (const [a = "", b = ""] of pairs(yes)) {
    assertEquals(`${a} ${b} ${isSameSite(a, b)}`, `${a} ${b} true`);
  }
  for (const [a = "", b = ""] of pairs(no)) {
    assertEquals(`${a} ${b} ${isSameSite(a, b)}`, `${a} ${b} false`);
  }
});

const ADDRESSES: Record<string, string[]> = {
  "reg.corp.example": ["10.0.0.5"],
  "s3.corp.example": ["10.0.0.6"],
  "bad.corp.example": ["10.0.0.6", "127.0.0.1"],
  "meta.corp.example": ["169.254.169.254"],
  "cdn.example.net": ["93.184.216.34", "2606:2800::1"],
  "half.example.net": ["93.184.216.34", "10.0.0.1"],
  "six.example.net": ["::ffff:127.0.0.1"],
  "empty.example.net": [],
  "docker.io": ["44.0.0.1"],
  "auth.docker.io": ["10.0.0.1"],
};

function rule(own: string, isProxied = false): OutboundRule {
  const resolve = (name: string) => {
    const found = ADDRESSES[name];
    return found === undefined ? Promise.reject(new Error("unknown")) : Promise.resolve(found);
  };
  return new OutboundRule(new URL(own), resolve, () => isProxied);
}

const JUDGED: [own: string, target: string, expected: string][] = [
  ["https://docker.io", "https://docker.io/x", "yes"],
  ["http://docker.io", "http://docker.io/x", "yes"],
  ["http://127.0.0.1:5000", "http://127.0.0.1:5000/x", "yes"],
  ["https://docker.io", "http://docker.io/x", "lying"],
  ["http://127.0.0.1:5000", "http://127.0.0.1:5001/x", "lying"],
  ["https://127.0.0.1:5000", "https://127.0.0.1:5001/x", "yes"],
  ["https://docker.io", "https://cdn.example.net/x", "yes"],
  ["https://docker.io", "https://93.184.216.34/x", "yes"],
  ["https://docker.io", "http://cdn.example.net/x", "lying"],
  ["https://docker.io", "https://user:pass@cdn.example.net/x", "lying"],
  ["https://docker.io", "https://user@docker.io/x", "lying"],
  ["https://docker.io", "https://localhost/x", "unreachable"],
  ["https://docker.io", "https://127.0.0.1/x", "lying"],
  ["https://docker.io", "https://2130706433/x", "lying"],
  ["https://docker.io", "https://0x7f.1/x", "lying"],
  ["https://docker.io", "https://[::1]/x", "lying"],
  ["https://docker.io", "https://[::ffff:127.0.0.1]/x", "lying"],
  ["https://docker.io", "https://169.254.169.254/latest", "lying"],
  ["https://docker.io", "https://10.0.0.1/x", "lying"],
  ["https://docker.io", "https://half.example.net/x", "lying"],
  ["https://docker.io", "https://six.example.net/x", "lying"],
  ["https://docker.io", "https://empty.example.net/x", "unreachable"],
  ["https://docker.io", "https://unknown.example.net/x", "unreachable"],
  ["https://docker.io", "https://auth.docker.io/x", "lying"],
  ["https://reg.corp.example", "https://s3.corp.example/x", "yes"],
  ["https://reg.corp.example", "https://bad.corp.example/x", "lying"],
  ["https://reg.corp.example", "https://meta.corp.example/x", "lying"],
  ["https://reg.corp.example", "https://10.0.0.6/x", "lying"],
];

for (const [own, target, expected] of JUDGED) {
  Deno.test(`from ${own} to ${target}: ${expected}`, async () => {
    const refusal = await rule(own).refusal(new URL(target), new AbortController().signal);
    assertEquals(refusal?.kind ?? "yes", expected);
  });
}

Deno.test("a name that only the proxy knows is left to it, an inner one is not", async () => {
  const { signal } = new AbortController();
  const proxied = rule("https://docker.io", true);
  assertEquals(await proxied.refusal(new URL("https://unknown.example.net/"), signal), undefined);
  assertEquals((await proxied.refusal(new URL("https://10.0.0.1/"), signal))?.kind, "lying");
});

Deno.test("credentials go to the own origin, and over https to the same site", () => {
  const may = (own: string, url: string) => rule(own).mayHaveCredentials(new URL(url));
  assertEquals(may("https://registry-1.docker.io", "https://auth.docker.io/token"), true);
  assertEquals(may("http://127.0.0.1:5000", "http://127.0.0.1:5000/token"), true);
  assertEquals(may("http://127.0.0.1:5000", "https://127.0.0.1:5001/token"), true);
  assertEquals(may("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"), false);
  assertEquals(may("https://registry-1.docker.io", "http://auth.docker.io/token"), false);
  assertEquals(may("https://lscr.io", "https://ghcr.io/token"), false);
});
