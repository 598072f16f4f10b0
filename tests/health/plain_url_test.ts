import { assertEquals } from "@std/assert";
import { askedUrl, plainUrl, withPlainUrls } from "../../src/health/plain_url.ts";

const URLS: readonly (readonly [string, string, string])[] = [
  ["http://h", "http://h", "http://h/"],
  ["http://h:80/x", "http://h:80/x", "http://h/x"],
  ["http://h/x?t=C#D", "http://h/x", "http://h/x?t=C#D"],
  ["http://h?t=C\nD", "http://h", "http://h/?t=CD"],
  ["https://a:b@h/x?t=C#D", "https://h/x", "https://h/x?t=C#D"],
  ["https://a@h?", "https://h/", "https://h/?"],
];

Deno.test("plainUrl() cuts name, password, query and fragment; askedUrl() what fetch does not take", () => {
  for (const [uri, plain, asked] of URLS) {
    assertEquals([plainUrl(uri), askedUrl(uri)], [plain, asked], uri);
  }
});

Deno.test("withPlainUrls() finds them in a sentence", () => {
  assertEquals(
    withPlainUrls("error for url (http://a:b@h/x?t=C): see 'HTTPS://h?t' and http://[x?t"),
    "error for url (http://h/x): see 'HTTPS://h' and ",
  );
});
