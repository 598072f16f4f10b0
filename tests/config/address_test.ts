import { assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../src/config/address.ts";

Deno.test("parseAddress() takes what Go's listener takes apart", () => {
  const cases: [string, string, number][] = [
    [":5000", "", 5000],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["localhost:5000", "localhost", 5000],
    ["[::1]:5000", "::1", 5000],
    ["[::]:443", "::", 443],
    [":https", "", 443],
  ];
  for (const [text, host, port] of cases) assertEquals(parseAddress(text), { host, port }, text);
});

Deno.test("parseAddress() says what is wrong with anything else", () => {
  const cases: [string, string][] = [
    ["5000", "expected host:port, such as :5000"],
    ["localhost", "expected host:port, such as :5000 or 127.0.0.1:5000"],
    ["", "expected host:port"],
    ["::1:5000", "expected host:port"],
    [":99999", "expected a port from 0 to 65535"],
    [":", "expected a port"],
    [":foo", "expected a port"],
    [":-1", "expected a port"],
  ];
  for (const [text, message] of cases) assertThrows(() => parseAddress(text), Error, message);
});
