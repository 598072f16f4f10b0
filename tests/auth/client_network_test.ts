import { assertEquals } from "@std/assert";
import { clientNetwork } from "../../src/auth/client_network.ts";

const NETWORKS: readonly (readonly [string, string])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["@", "@"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:0:0:ffff::", "2001:db8:0:0::/64"],
  ["2001:0db8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
  ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
];

for (const [address, network] of NETWORKS) {
  Deno.test(`the network of ${address} is ${network}`, () => {
    assertEquals(clientNetwork(address), network);
  });
}
