import { assertEquals } from "@std/assert";
import { formatSize, parseSize } from "../../src/config/size.ts";

const SIZES: readonly (readonly [string, number | undefined])[] = [
  ["0", 0],
  ["1048576", 1_048_576],
  ["500MB", 500_000_000],
  ["500mb", 500_000_000],
  ["20Gi", 20 * 2 ** 30],
  ["20 GiB", 20 * 2 ** 30],
  ["1.5GB", 1_500_000_000],
  ["2T", 2e12],
  ["10kB", 10_000],
  ["", undefined],
  ["GB", undefined],
  ["-1GB", undefined],
  ["1XB", undefined],
  ["1e3", undefined],
  ["99999999999999TB", undefined],
];

for (const [text, bytes] of SIZES) {
  Deno.test(`parseSize() of ${JSON.stringify(text)} is ${bytes}`, () => {
    assertEquals(parseSize(text), bytes);
  });
}

Deno.test("parseSize() reads what formatSize() writes", () => {
  for (const bytes of [0, 1, 1023, 1024, 1000, 1536, 2 ** 30, 1e9, 3 * 2 ** 40, 1_048_577]) {
    assertEquals(parseSize(formatSize(bytes)), bytes, formatSize(bytes));
  }
  assertEquals(formatSize(2 ** 30), "1GiB");
  assertEquals(formatSize(500_000_000), "500MB");
});
