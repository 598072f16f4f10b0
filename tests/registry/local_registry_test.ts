import { systemClock } from "../../src/async/clock.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { testRegistry } from "../contract/registry.ts";

testRegistry("LocalRegistry on inmemory", () => {
  const driver = new MemoryDriver();
  const registry = new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  return Promise.resolve({
    registry,
    close: async () => {
      await registry.close();
      await driver.close();
    },
  });
});

testRegistry("LocalRegistry on filesystem", async () => {
  const root = await Deno.makeTempDir({ prefix: "berth-test-" });
  const driver = new FilesystemDriver({ root });
  const registry = new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  return {
    registry,
    close: async () => {
      await registry.close();
      await driver.close();
      await Deno.remove(root, { recursive: true });
    },
  };
});
