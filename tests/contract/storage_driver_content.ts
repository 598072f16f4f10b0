import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  InvalidPathError,
  PathNotFoundError,
  type StorageDriver,
} from "../../src/storage/driver.ts";
import {
  assertBytes,
  type Bytes,
  type DriverCase,
  type Scratch,
} from "./storage_driver_scratch.ts";

async function putGet(driver: StorageDriver, path: string, content: Bytes): Promise<void> {
  await driver.putContent(path, content.slice());
  assertBytes(await driver.getContent(path), content);
}

export async function assertAbsent(driver: StorageDriver, call: Promise<unknown>): Promise<void> {
  const error = await assertRejects(() => call, PathNotFoundError);
  assertStringIncludes(error.message, driver.name);
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** "ß" in UTF-8, and bytes that are no UTF-8. */
const SHARP_S = new Uint8Array([0xc3, 0x9f]);
const NON_UTF8 = new Uint8Array([0x80, 0x80, 0x80, 0x80]);

export const SAMPLES: Readonly<Record<string, (scratch: Scratch) => Bytes>> = {
  "1 a short text": () => utf8("a"),
  "2 Unicode": () => SHARP_S,
  "3 a short random string": (scratch) => scratch.bytes(32),
  "4 1 MB": (scratch) => scratch.bytes(1024 * 1024),
  "NonUTF8 bytes that are no text": () => NON_UTF8,
};

const VALID = [
  "/a",
  "/2",
  "/aa",
  "/a.a",
  "/0-9/abcdefg",
  "/abcdefg/z.75",
  "/abc/1.2.3.4.5-6_zyx/123.z/4",
  "/docker/docker-registry",
  "/123.abc",
  "/abc./abc",
  "/.abc",
  "/a--b",
  "/a-.b",
  "/_.abc",
  "/Docker/docker-registry",
  "/Abc/Cba",
];

const INVALID = ["", "/", "abc", "123.abc", "//bcd", "/abc_123/"];

export const CONTENT_CASES: Readonly<Record<string, DriverCase>> = {
  "TestRootExists the root can always be listed": async (driver) => {
    assertEquals(await driver.list("/"), []);
  },

  "TestValidPaths takes every valid form of path": async (driver, scratch) => {
    const content = scratch.bytes(64);
    for (const path of VALID) await putGet(driver, scratch.at(path), content);
  },

  "TestInvalidPaths refuses every other form, naming the driver": async (driver) => {
    for (const path of INVALID) {
      const put = await assertRejects(
        () => driver.putContent(path, new Uint8Array(64)),
        InvalidPathError,
      );
      assertStringIncludes(put.message, driver.name);
      const get = await assertRejects(() => driver.getContent(path), InvalidPathError);
      assertStringIncludes(get.message, driver.name);
    }
  },

  ...Object.fromEntries(
    Object.entries(SAMPLES).map(([title, make]): [string, DriverCase] => [
      `TestWriteRead${title} can be put and got`,
      (driver, scratch) => putGet(driver, scratch.path(), make(scratch)),
    ]),
  ),

  "TestTruncate a shorter content leaves no tail of the longer one": async (driver, scratch) => {
    const path = scratch.path();
    await putGet(driver, path, scratch.bytes(1024 * 1024));
    await putGet(driver, path, scratch.bytes(1024));
  },

  "TestReadNonexistent getContent() of an absent path": async (driver, scratch) => {
    await assertAbsent(driver, driver.getContent(scratch.path()));
  },

  "TestPutContentMultipleTimes each content replaces the one before": async (driver, scratch) => {
    const path = scratch.path();
    await driver.putContent(path, scratch.bytes(4096));
    await putGet(driver, path, scratch.bytes(2048));
  },

  "TestRedirectURL is absent, undefined or an address": async (driver, scratch) => {
    if (driver.redirectUrl === undefined) return; // as ErrUnsupportedMethod in distribution's suite
    const path = scratch.path();
    await driver.putContent(path, scratch.bytes(32));
    for (const method of ["GET", "HEAD"]) {
      const url = await driver.redirectUrl(path, method);
      assert(url === undefined || URL.canParse(url));
    }
  },
};
