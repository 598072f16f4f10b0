import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseContentRange } from "../../src/api/content_range.ts";
import { RegistryError } from "../../src/oci/error.ts";

Deno.test("parseContentRange() reads the form of the OCI spec and that of HTTP", () => {
  for (const text of ["3-7", " 3-7 ", "bytes 3-7/*", "bytes 3-7/10", "3-7/10", "bytes 3-7"]) {
    assertEquals(parseContentRange(text), { start: 3, length: 5 }, text);
  }
  assertEquals(parseContentRange("0-0"), { start: 0, length: 1 });
  assertEquals(parseContentRange(undefined), undefined);
});

Deno.test("parseContentRange() answers 400 to what is no range", () => {
  const bad = ["", "x", "3-", "-3", "3", "a-b", "3-7/x", "bytes */5", "bytes=3-7", "3--7", "0x1-2"];
  for (const text of [...bad, "1e3-2e3", "3-7, 8-9", "9".repeat(16) + "-1", "+3-7"]) {
    const error = assertThrows(() => parseContentRange(text), RegistryError);
    assertEquals([error.code, error.status], ["RANGE_INVALID", 400], text);
  }
});

Deno.test("parseContentRange() answers 416 to a range that ends before it starts", () => {
  const error = assertThrows(() => parseContentRange("5-4"), RegistryError);
  assertEquals([error.code, error.status], ["RANGE_INVALID", 416]);
});

Deno.test("parseContentRange() gives safe integers or an error, whatever it reads", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^(bytes )?\d{0,20}-\d{0,20}(\/\d*)?$/));
  fc.assert(fc.property(text, (text) => {
    try {
      const range = parseContentRange(text);
      assertEquals(Number.isSafeInteger(range?.start), true);
      assertEquals(Number.isSafeInteger(range?.length), true);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }));
});
