import { collect, type RoundOptions, type RoundReport } from "../../src/gc/round.ts";
import { systemClock } from "../../src/async/clock.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";

/** A round without any grace, which empties its generation at once. */
export function collectNow(
  driver: StorageDriver,
  options: Partial<RoundOptions> = {},
): Promise<RoundReport> {
  return collect({ driver, clock: systemClock, grace: 0, keep: 0, ...options });
}

/** A registry that remembers nothing of the tree, as one that was just started. */
export function freshRegistry(driver: StorageDriver): LocalRegistry {
  return new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
}

/** Every file below the root of the tree. */
export async function filesBelow(
  driver: StorageDriver,
  path = "/docker/registry/v2",
): Promise<string[]> {
  const names = await driver.list(path).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    const child = `${path}/${name}`;
    if ((await driver.stat(child)).isFolder) found.push(...await filesBelow(driver, child));
    else found.push(child);
  }
  return found.sort();
}
