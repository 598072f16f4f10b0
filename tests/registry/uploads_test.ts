import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { chunks, name, sha256 } from "../support/content.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** More than the sessions whose files stay open. */
const MANY = 300;

Deno.test("more uploads than files may stay open go on, and leave nothing when they are cancelled", async () => {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  const registry = new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  const { blobs } = registry.repository(name("r"));
  const uploads = await Promise.all(Array.from({ length: MANY }, () => blobs.startUpload()));
  await Promise.all(uploads.map((upload) => upload.append(chunks("he"))));
  const digest = await sha256("hello");
  const [first, ...others] = await Promise.all(
    uploads.map((upload) => blobs.resumeUpload(upload.id)),
  );
  await first?.commit(digest, chunks("llo"), 2);
  assertEquals((await blobs.stat(digest)).size, 5);
  // Begun anew while the oldest are being given back: a file given back late must not come back to life.
  await Promise.all([
    ...others.map((upload) => upload.cancel()),
    ...others.map(() => blobs.startUpload()),
  ]);
  for (const upload of others) {
    const left = await Array.fromAsync(
      Deno.readDir(`${folder.path}/docker/registry/v2/repositories/r/_uploads`),
    );
    assertEquals(left.some((entry) => entry.name === upload.id), false);
  }
  await registry.close();
  await driver.close();
});
