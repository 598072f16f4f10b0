import { assertEquals } from "@std/assert";
import { SchedulerState } from "../../src/proxy/scheduler_state.ts";
import { name, sha256, utf8 } from "../support/content.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const R = name("library/app");
const WEEK = 7 * 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 10, 21);
const clock = { now: () => now };

function read(content: string | undefined, ttl: number | undefined = WEEK) {
  const logger = new RecordedLog();
  const bytes = content === undefined ? undefined : utf8(content);
  return { logger, state: SchedulerState.read(bytes, () => ttl, { logger, clock }) };
}

async function entry(expires: string, type = 1): Promise<string> {
  const key = `${R}@${await sha256("it")}`;
  return JSON.stringify({ [key]: { Key: key, ExpiryData: expires, EntryType: type } });
}

Deno.test("read() takes the date of registry:2 for the last use and the ttl", async () => {
  const { state, logger } = read(await entry("2026-11-27T04:05:59.787120915Z"));
  assertEquals(
    state.lastUse(R, await sha256("it")),
    Date.UTC(2026, 10, 20, 4, 5, 59, 787),
  );
  assertEquals([...state.repositories()], [R]);
  assertEquals(logger.lines, []);
});

Deno.test("read() never tells a last use in the future, and none where nothing expires", async () => {
  const far = await entry("2999-01-01T00:00:00Z");
  assertEquals(read(far).state.lastUse(R, await sha256("it")), now);
  const { state } = read(far, 0);
  assertEquals([state.lastUse(R, await sha256("it")), ...state.repositories()], [undefined, R]);
});

Deno.test("read() takes nothing, null and an empty object for a cache that has fetched nothing", () => {
  for (const content of [undefined, "null", "{}"]) {
    const { state, logger } = read(content);
    assertEquals([...state.repositories()], []);
    assertEquals(logger.lines, []);
  }
});

for (const content of ["", "{", "[]", "7", '"x"', "\xff{}", '{"a":'.repeat(10_000)]) {
  Deno.test(`read() warns once of a file that holds ${JSON.stringify(content.slice(0, 12))}`, () => {
    const { state, logger } = read(content);
    assertEquals([...state.repositories()], []);
    assertEquals(logger.lines.length, 1);
  });
}

Deno.test("read() leaves out odd entries with one warning, and takes the others", async () => {
  const good = JSON.parse(await entry("2026-11-27T00:00:00Z"));
  const digest = await sha256("other");
  const odd = {
    "no-digest": { ExpiryData: "2026-11-27T00:00:00Z" },
    [`../../etc@${digest}`]: { ExpiryData: "2026-11-27T00:00:00Z" },
    [`${R}@sha256:zz`]: { ExpiryData: "2026-11-27T00:00:00Z" },
    [`${R}@${digest}`]: { ExpiryData: "soon" },
    __proto__x: null,
  };
  const { state, logger } = read(JSON.stringify({ ...odd, ...good }));
  assertEquals(logger.lines.length, 1);
  assertEquals(state.lastUse(R, digest), undefined);
  assertEquals([...state.repositories()], [R]);
});
