import { assertEquals, assertNotEquals } from "@std/assert";
import { CredentialCache } from "../../../src/auth/htpasswd/credential_cache.ts";

const ENCODED = btoa("alice:secret");

Deno.test("what was right is found as long as the user has the hash that it was checked against", () => {
  const cache = new CredentialCache();
  const key = cache.keyOf(ENCODED);
  assertEquals(cache.find(key, new Map([["alice", "h1"]])), undefined);
  cache.remember(key, "alice", "h1", true);
  assertEquals(cache.find(key, new Map([["alice", "h1"]])), { kind: "user", name: "alice" });
  assertEquals(cache.find(key, new Map([["alice", "h2"]])), undefined);
  // and it is not right again when the old hash comes back
  assertEquals(cache.find(key, new Map([["alice", "h1"]])), undefined);
});

Deno.test("what was right is not found when the user is gone", () => {
  const cache = new CredentialCache();
  const key = cache.keyOf(ENCODED);
  cache.remember(key, "alice", "h1", true);
  assertEquals(cache.find(key, new Map()), undefined);
});

Deno.test("what was wrong is found until the user, who may not have been there, gets another hash", () => {
  const cache = new CredentialCache();
  const key = cache.keyOf(ENCODED);
  for (const hash of ["h1", undefined]) {
    const hashes = new Map(hash === undefined ? [] : [["alice", hash]]);
    cache.remember(key, "alice", hash, false);
    assertEquals(cache.find(key, hashes), { kind: "wrong" });
    assertEquals(cache.find(key, new Map([["alice", "new"]])), undefined);
  }
});

Deno.test("keys differ by process and by credentials, and hold nothing of them", () => {
  const [one, other] = [new CredentialCache(), new CredentialCache()];
  assertEquals(one.keyOf(ENCODED), one.keyOf(ENCODED));
  assertNotEquals(one.keyOf(ENCODED), other.keyOf(ENCODED));
  assertNotEquals(one.keyOf(ENCODED), one.keyOf(btoa("alice:Secret")));
  assertEquals(one.keyOf(ENCODED).length, 16);
  // up to the last of the characters that there may be
  const long = "A".repeat(4095);
  const keys = [`${long}A`, `${long}B`, long, "A", "", ENCODED].map((text) => one.keyOf(text));
  assertEquals(new Set(keys).size, 6);
  assertEquals(keys.at(-1), one.keyOf(ENCODED));
});

Deno.test("the memory is bounded, and guesses drive out only guesses", () => {
  const cache = new CredentialCache(2, 2);
  const hashes = new Map([["alice", "h1"]]);
  const right = cache.keyOf("right");
  cache.remember(right, "alice", "h1", true);
  const keys = Array.from({ length: 10 }, (_, index) => cache.keyOf(`guess ${index}`));
  for (const key of keys) cache.remember(key, "alice", "h1", false);
  assertEquals(cache.find(right, hashes)?.kind, "user");
  assertEquals(keys.filter((key) => cache.find(key, hashes) !== undefined).length, 2);
});
