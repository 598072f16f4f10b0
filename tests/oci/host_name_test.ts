import { assert } from "@std/assert";
import { isHost } from "../../src/oci/host_name.ts";

Deno.test("isHost() takes names, addresses and ports, and nothing else", () => {
  const hosts = [
    "a",
    "A-1.example",
    "a_b:5000",
    "192.0.2.1:80",
    "[::1]",
    "[2001:db8::1]:443",
    "a.",
  ];
  for (const host of hosts) assert(isHost(host), host);
  const others = [
    "",
    ":5000",
    "-a",
    "a:",
    "a:123456",
    "a/b",
    "u@a",
    "a b",
    "a,b",
    "[::1",
    "[x]",
    "::1",
    "a\r\nX: y",
    "a\n",
    'a"',
    "é",
    "a".repeat(300),
  ];
  for (const host of others) assert(!isHost(host), host);
});
