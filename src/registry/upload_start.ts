import type { Clock } from "../async/clock.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { uploadStartPath } from "./layout.ts";

/**
 * Writes when an upload began, as distribution does: UTC, whole seconds. Not synced: an upload that a power cut takes away is started
 * again.
 */
export async function writeStart(
  driver: StorageDriver,
  clock: Clock,
  repository: RepositoryName,
  id: string,
): Promise<void> {
  const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const content = new TextEncoder().encode(now);
  await driver.putContent(uploadStartPath(repository, id), content, { lazy: true });
}
