import { assertEquals } from "@std/assert";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { CONTENT_CASES } from "./storage_driver_content.ts";
import { OUR_CASES } from "./storage_driver_ours.ts";
import { type DriverCase, Scratch } from "./storage_driver_scratch.ts";
import { STREAM_CASES } from "./storage_driver_streams.ts";
import { TREE_CASES } from "./storage_driver_tree.ts";
import { WRITER_CASES } from "./storage_driver_writers.ts";

export interface OpenedDriver {
  readonly driver: StorageDriver;
  /** Called after the driver was closed. */
  cleanup(): Promise<void>;
  /** Paths of all files that the store holds, temporary ones included. */
  strayFiles(): Promise<string[]>;
}

/**
 * What every StorageDriver must do: the 36 cases of distribution's registry/storage/driver/testsuites by their names, and ours. Like
 * there, each case has its own paths, and nothing may be left when these were removed.
 */
export function testStorageDriver(name: string, open: () => Promise<OpenedDriver>): void {
  const cases = {
    ...CONTENT_CASES,
    ...STREAM_CASES,
    ...TREE_CASES,
    ...WRITER_CASES,
    ...OUR_CASES,
  };
  for (const [title, run] of Object.entries<DriverCase>(cases)) {
    Deno.test(`${name} ${title}`, async () => {
      const { driver, cleanup, strayFiles } = await open();
      try {
        const scratch = new Scratch(driver, title);
        await run(driver, scratch);
        assertEquals((await strayFiles()).filter((path) => path.endsWith(".tmp")), []);
        await scratch.remove();
        assertEquals(await driver.list("/"), []);
        assertEquals(await strayFiles(), []);
      } finally {
        await driver.close();
        await cleanup();
      }
    });
  }
}
