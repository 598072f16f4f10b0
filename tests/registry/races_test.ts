import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import { blobPath, revisionLinkPath, tagLinkPath, tagsPath } from "../../src/registry/layout.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { StorageError } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import {
  chunks,
  imageOf,
  indexOf,
  name,
  pushBlob,
  pushImage,
  sha256,
  tag,
  utf8,
} from "../support/content.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";

const R = name("r");
const T = tag("t");

/** A registry whose storage can be held up before one operation. */
function setUp() {
  const memory = new MemoryDriver();
  let hold: ((operation: string, path: string) => Promise<void>) | undefined;
  const driver = new InterposedDriver(
    memory,
    async (operation, path) => await hold?.(operation, path),
  );
  const registry = new LocalRegistry({ driver, policy: STRICT, clock: systemClock });
  /** Holds the first operation that fits; resolves when it is reached. */
  const holdAt = (operation: string, end: string) => {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    hold = async (at, path) => {
      if (at !== operation || !path.endsWith(end)) return;
      hold = undefined;
      reached.resolve();
      await gate.promise;
    };
    return { reached: reached.promise, letGo: () => gate.resolve() };
  };
  return { memory, registry, repository: registry.repository(R), holdAt };
}

Deno.test("a DELETE of a manifest leaves a tag that a push moves away from it meanwhile", async () => {
  const { repository, holdAt } = setUp();
  const old = await pushImage(repository, ["a"], ["t"]);
  const now = await pushImage(repository, ["b"]);
  const hold = holdAt("list", tagsPath(R));
  const deleted = repository.manifests.delete({ kind: "digest", digest: old });
  await hold.reached;
  await repository.manifests.put({ ...await imageOf([await sha256("b")]), tags: [T] });
  hold.letGo();
  await deleted;
  assertEquals((await repository.manifests.stat({ kind: "tag", tag: T })).digest, now);
});

Deno.test("a push beside a DELETE of the same manifest is whole, or gone, afterwards", async () => {
  for (const operation of ["putContent", "sizes", "touch"]) {
    const { repository, holdAt } = setUp();
    const digest = await pushImage(repository, ["a"]);
    const path = operation === "putContent" ? tagLinkPath(R, T) : revisionLinkPath(R, digest);
    const hold = holdAt(operation, operation === "sizes" ? "" : path);
    const push = repository.manifests.put({ ...await imageOf([await sha256("a")]), tags: [T] });
    await hold.reached;
    const deleted = repository.manifests.delete({ kind: "digest", digest });
    hold.letGo();
    await Promise.all([push, deleted]);
    const byTag = await repository.manifests.stat({ kind: "tag", tag: T }).catch(() => undefined);
    const byDigest = await repository.manifests.stat({ kind: "digest", digest }).catch(() =>
      undefined
    );
    assertEquals(byTag?.digest, byDigest?.digest, operation);
  }
});

Deno.test("a tag that was read just before a push is not believed after it", async () => {
  const memory = new MemoryDriver();
  await pushImage(
    new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }).repository(R),
    ["a"],
    ["t"],
  );
  const read = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  class HeldAfterRead extends InterposedDriver {
    override async getContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
      const content = await super.getContent(path);
      if (path === tagLinkPath(R, T)) {
        read.resolve();
        await gate.promise;
      }
      return content;
    }
  }
  const driver = new HeldAfterRead(memory, () => Promise.resolve());
  const repository = new LocalRegistry({ driver, policy: STRICT, clock: systemClock }).repository(
    R,
  );
  const reading = repository.manifests.stat({ kind: "tag", tag: T });
  await read.promise;
  const now = await pushImage(repository, ["b"], ["t"]);
  gate.resolve();
  await reading;
  assertEquals((await repository.manifests.stat({ kind: "tag", tag: T })).digest, now);
});

Deno.test("an upload that ends while another request looks for it does not come back to life", async () => {
  const { memory, repository, holdAt } = setUp();
  const upload = await repository.blobs.startUpload();
  await upload.append(chunks("hello"));
  const hold = holdAt("stat", `${upload.id}/data`);
  const looking = repository.blobs.resumeUpload(upload.id);
  await hold.reached;
  await upload.commit(await sha256("hello"));
  hold.letGo();
  const error = await assertRejects(() => looking, RegistryError);
  assertEquals(error.code, "BLOB_UPLOAD_UNKNOWN");
  assertEquals(await memory.list("/docker/registry/v2/repositories/r/_uploads"), []);
});

/** Puts other bytes of the same length under a digest, as a crash may. */
async function corrupt(driver: MemoryDriver, digest: Digest): Promise<void> {
  const { size } = await driver.stat(blobPath(digest));
  await driver.putContent(blobPath(digest), new Uint8Array(size));
}

Deno.test("a broken manifest is mended by the next push of it, and can be deleted", async () => {
  const { memory } = setUp();
  const open = () =>
    new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }).repository(R);
  const digest = await pushImage(open(), ["a"], ["t"]);
  await corrupt(memory, digest);
  await assertRejects(() => open().manifests.get({ kind: "tag", tag: T }), Error, "another digest");
  await pushImage(open(), ["a"], ["t"]);
  assertEquals((await open().manifests.get({ kind: "tag", tag: T })).digest, digest);
  await corrupt(memory, digest);
  await open().manifests.delete({ kind: "digest", digest });
  await assertRejects(() => open().manifests.stat({ kind: "tag", tag: T }), RegistryError);
});

Deno.test("a broken link of the right length is mended by the next push", async () => {
  const { memory } = setUp();
  const open = () =>
    new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }).repository(R);
  const digest = await pushImage(open(), ["a"], ["t"]);
  await memory.putContent(revisionLinkPath(R, digest), new Uint8Array(71));
  await pushImage(open(), ["a"], ["t"]);
  assertEquals((await open().manifests.get({ kind: "tag", tag: T })).digest, digest);
});

Deno.test("a broken blob is mended by the next push of it", async () => {
  const { memory } = setUp();
  const open = () =>
    new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock }).repository(R);
  const digest = await pushBlob(open(), "hello");
  await corrupt(memory, digest);
  await assertRejects(() => open().blobs.open(digest), Error, "another digest");
  await pushBlob(open(), "hello");
  const { source } = await open().blobs.open(digest);
  assertEquals(source.view?.(0, 5), utf8("hello"));
});

Deno.test("one broken manifest does not hide the referrers of others", async () => {
  const { memory, repository } = setUp();
  const subject = await sha256("subject");
  const extra = { subject: { mediaType: "x/y", digest: subject, size: 1 } };
  const broken = await pushImage(repository, ["a"]);
  await pushImage(repository, ["b"], [], extra);
  await corrupt(memory, broken);
  const fresh = new LocalRegistry({ driver: memory, policy: STRICT, clock: systemClock })
    .repository(R);
  assertEquals((await fresh.referrers.list(subject)).entries.length, 1);
});

Deno.test("an index over more manifests than can be looked at is refused", async () => {
  const { repository } = setUp();
  const children: Digest[] = [];
  for (let i = 0; i < 5; i++) {
    children.push(
      await pushImage(repository, [], [], {
        annotations: { big: `${i}${"x".repeat(3.5 * 1024 * 1024)}` },
      }),
    );
  }
  const error = await assertRejects(
    () => repository.manifests.put(indexOf(children)),
    RegistryError,
  );
  assertEquals([error.code, error.status], ["MANIFEST_INVALID", 413]);
  await repository.manifests.put(indexOf(children.slice(0, 4)));
});

Deno.test("referrers come in pages that a client can hold, each after the other", async () => {
  const { repository } = setUp();
  const subject = await sha256("subject");
  const pushed = new Set<Digest>();
  for (let i = 0; i < 12; i++) {
    const annotations = { big: `${i}${"x".repeat(500_000)}` };
    pushed.add(
      await pushImage(repository, [], [], {
        annotations,
        subject: { mediaType: "x/y", digest: subject, size: 1 },
      }),
    );
  }
  const seen = new Set<Digest>();
  let pages = 0;
  for (let last: string | undefined = ""; last !== undefined;) {
    const page: { entries: readonly { digest: Digest }[]; next?: string } = await repository
      .referrers.list(subject, { last });
    assert(JSON.stringify(page.entries).length < 4 * 1024 * 1024);
    for (const entry of page.entries) seen.add(entry.digest);
    last = page.next;
    pages++;
  }
  assertEquals([seen, pages], [pushed, 2]);
});

Deno.test("what lies among the tags but is none shortens no page", async () => {
  const { memory, repository } = setUp();
  await pushImage(repository, ["a"], ["a", "b"]);
  await memory.putContent(`${tagsPath(R)}/.snapshot/x`, utf8("junk"));
  assertEquals(await repository.tags.list({ limit: 1, last: "" }), {
    entries: [tag("a")],
    more: true,
  });
  assertEquals(await repository.tags.list({ limit: 1, last: "a" }), {
    entries: [tag("b")],
    more: false,
  });
});

Deno.test("a tag whose link is a folder counts as none, and holds up no DELETE", async () => {
  const { memory, repository } = setUp();
  const digest = await pushImage(repository, ["a"], ["t"]);
  await memory.putContent(`${tagLinkPath(R, tag("odd"))}/x`, utf8("junk"));
  await repository.manifests.delete({ kind: "digest", digest });
  await assertRejects(() => repository.manifests.stat({ kind: "tag", tag: T }), RegistryError);
});

Deno.test("referrers of a folder that may only be read are found in its manifests", async () => {
  const { memory, repository } = setUp();
  const subject = await sha256("subject");
  const extra = { subject: { mediaType: "x/y", digest: subject, size: 1 } };
  const digest = await pushImage(repository, ["a"], [], extra);
  await memory.remove("/docker/registry/v2/repositories/r/_referrers"); // as registry:2 leaves it
  const readOnly = new InterposedDriver(memory, (operation, path) => {
    if (operation !== "putContent") return Promise.resolve();
    return Promise.reject(new StorageError("inmemory", "write", path, "EROFS", undefined));
  });
  const fresh = new LocalRegistry({ driver: readOnly, policy: STRICT, clock: systemClock });
  const { entries } = await fresh.repository(R).referrers.list(subject);
  assertEquals(entries.map((entry) => entry.digest), [digest]);
});
