import { assertEquals } from "@std/assert";
import { warningHeader } from "../../src/api/warning.ts";

Deno.test("a warning is sent as 299 with its text quoted, in printable ASCII, and not for ever", () => {
  const rows = [
    ["as cached", '299 - "as cached"'],
    ['a "b" \\ c', '299 - "a \\"b\\" \\\\ c"'],
    ["a\r\nX-Evil: 1\u2028é\u0000", '299 - "a??X-Evil: 1???"'],
    ["x".repeat(1000), `299 - "${"x".repeat(500)}"`],
    [`${"x".repeat(499)}""`, `299 - "${"x".repeat(499)}\\""`],
  ] as const;
  for (const [text, expected] of rows) assertEquals(warningHeader(text), { Warning: expected });
  assertEquals(warningHeader(undefined), {});
});
