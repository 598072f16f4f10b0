import { assert, assertEquals, assertRejects } from "@std/assert";
import { readAll } from "../../src/async/byte_source.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import type { Registry, Repository } from "../../src/registry/registry.ts";
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

const ALL = { limit: undefined, last: "" };

/** What every Registry must do, whatever is behind it. */
export function testRegistry(
  kind: string,
  open: () => Promise<{ registry: Registry; close(): Promise<void> }>,
): void {
  const test = (
    does: string,
    body: (repository: Repository, registry: Registry) => Promise<void>,
  ) =>
    Deno.test(`${kind} ${does}`, async () => {
      const { registry, close } = await open();
      try {
        await body(registry.repository(name("team/app")), registry);
      } finally {
        await close();
      }
    });

  test("serves a blob that was pushed in one piece", async (repository) => {
    const digest = await pushBlob(repository, "hello");
    assertEquals(await repository.blobs.stat(digest), { digest, size: 5 });
    assertEquals(await read(repository, digest), "hello");
  });

  test("serves a blob that was pushed in several pieces", async (repository) => {
    const upload = await repository.blobs.startUpload();
    await upload.append(chunks("he", "l"), 0, 3);
    assertEquals(upload.offset, 3);
    const again = await repository.blobs.resumeUpload(upload.id);
    await again.append(chunks("lo"), 3);
    const digest = await sha256("hello");
    await (await repository.blobs.resumeUpload(upload.id)).commit(digest);
    assertEquals(await read(repository, digest), "hello");
    await rejects("BLOB_UPLOAD_UNKNOWN", repository.blobs.resumeUpload(upload.id));
  });

  test("serves an empty blob", async (repository) => {
    const digest = await pushBlob(repository, "");
    assertEquals(await repository.blobs.stat(digest), { digest, size: 0 });
    assertEquals(await read(repository, digest), "");
  });

  test("knows a sha512 blob by both names, and by neither once it is deleted", async (repository) => {
    const digest = await digestOf("sha512", utf8("hello"));
    await pushBlob(repository, "hello", digest);
    assertEquals((await repository.blobs.stat(digest)).digest, digest);
    assertEquals(await read(repository, digest), "hello");
    assertEquals(await read(repository, await sha256("hello")), "hello");
    await repository.blobs.delete(await sha256("hello"));
    await rejects("BLOB_UNKNOWN", repository.blobs.stat(digest));
    await rejects("BLOB_UNKNOWN", repository.blobs.stat(await sha256("hello")));
  });

  test("checks a sha512 that it did not keep along", async (repository) => {
    const upload = await repository.blobs.startUpload();
    await upload.append(chunks("hello"));
    const digest = await digestOf("sha512", utf8("hello"));
    await upload.commit(digest);
    assertEquals(await read(repository, digest), "hello");
  });

  test("removes an upload whose digest does not match", async (repository) => {
    const upload = await repository.blobs.startUpload();
    await rejects("DIGEST_INVALID", upload.commit(await sha256("hello"), chunks("x")));
    await rejects("BLOB_UPLOAD_UNKNOWN", repository.blobs.resumeUpload(upload.id));
    await rejects("BLOB_UNKNOWN", repository.blobs.stat(await sha256("hello")));
    await rejects("BLOB_UNKNOWN", repository.blobs.stat(await sha256("x")));
  });

  test("keeps what arrived before the client broke off", async (repository) => {
    const upload = await repository.blobs.startUpload();
    await assertRejects(() => upload.append(broken("hel")), Error, "gone");
    const again = await repository.blobs.resumeUpload(upload.id);
    assertEquals(again.offset, 3);
    await again.commit(await sha256("hello"), chunks("lo"), 3);
    assertEquals(await read(repository, await sha256("hello")), "hello");
  });

  test("refuses a chunk that starts elsewhere or has another length, and goes on afterwards", async (repository) => {
    const upload = await repository.blobs.startUpload();
    await upload.append(chunks("he"));
    await rejects("RANGE_INVALID", upload.append(chunks("x"), 1));
    await rejects("RANGE_INVALID", upload.append(chunks("x"), 3));
    assertEquals(upload.offset, 2);
    await rejects("SIZE_INVALID", upload.append(chunks("l"), 2, 2));
    await upload.commit(await sha256("hello"), chunks("lo"), 3);
  });

  test("refuses a second writer of one upload", async (repository) => {
    const upload = await repository.blobs.startUpload();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const slow = (async function* () {
      begin();
      await held;
      yield utf8("hello");
    })();
    const first = upload.append(slow);
    await begun;
    const second = await repository.blobs.resumeUpload(upload.id);
    const refused = await rejects("BLOB_UPLOAD_INVALID", second.append(chunks("x")));
    assertEquals(refused.status, 409);
    await rejects("BLOB_UPLOAD_INVALID", second.cancel());
    letGo();
    await first;
    await upload.commit(await sha256("hello"));
  });

  test(
    "knows an upload only in its own repository, until it is cancelled",
    async (repository, registry) => {
      const upload = await repository.blobs.startUpload();
      await rejects(
        "BLOB_UPLOAD_UNKNOWN",
        registry.repository(name("team/other")).blobs.resumeUpload(upload.id),
      );
      for (
        const id of ["x", "../" + upload.id, upload.id.toUpperCase() + "0", crypto.randomUUID()]
      ) {
        await rejects("BLOB_UPLOAD_UNKNOWN", repository.blobs.resumeUpload(id));
      }
      await (await repository.blobs.resumeUpload(upload.id)).cancel();
      await rejects("BLOB_UPLOAD_UNKNOWN", repository.blobs.resumeUpload(upload.id));
    },
  );

  test(
    "shows a blob only in the repositories that it was pushed to or mounted in",
    async (repository, registry) => {
      const digest = await pushBlob(repository, "hello");
      const other = registry.repository(name("other"));
      await rejects("BLOB_UNKNOWN", other.blobs.stat(digest));
      assertEquals(await other.blobs.mount(digest, { repository: repository.name }), {
        digest,
        size: 5,
      });
      assertEquals(await read(other, digest), "hello");
      await repository.blobs.delete(digest);
      assertEquals(await read(other, digest), "hello");
      await rejects("BLOB_UNKNOWN", repository.blobs.open(digest));
      await rejects("BLOB_UNKNOWN", repository.blobs.delete(digest));
    },
  );

  test(
    "mounts nothing that is not there, and nothing that may not be read",
    async (repository, registry) => {
      const digest = await sha256("hello");
      assertEquals(await repository.blobs.mount(digest, { repository: name("none") }), undefined);
      await pushBlob(registry.repository(name("secret")), "hello"); // no manifest yet
      const source = {
        anyOf: { sees: (from: string) => from !== "secret", seesBelow: () => true },
      };
      assertEquals(await repository.blobs.mount(digest, source), undefined);
      assertEquals(
        (await repository.blobs.mount(digest, { anyOf: undefined }))?.size,
        5,
      );
    },
  );

  test("serves a manifest byte for byte, by tag and by digest", async (repository) => {
    const digest = await pushImage(repository, ["a", "b"], ["v1", "v2"]);
    const push = await imageOf([await sha256("a"), await sha256("b")]);
    for (
      const reference of [{ kind: "digest", digest }, { kind: "tag", tag: tag("v2") }] as const
    ) {
      const stored = await repository.manifests.get(reference);
      assertEquals(stored, { digest, mediaType: push.contentType ?? "", bytes: push.bytes });
      assertEquals((await repository.manifests.stat(reference)).size, push.bytes.length);
    }
  });

  test("refuses a manifest whose blobs or children are missing, naming each", async (repository) => {
    await pushBlob(repository, "{}");
    const [a, b] = [await sha256("a"), await sha256("b")];
    const error = await rejects(
      "MANIFEST_BLOB_UNKNOWN",
      repository.manifests.put(await imageOf([a, b])),
    );
    assertEquals(error.elements().map((element) => element.detail), [a, b]);
    const child = await rejects("MANIFEST_BLOB_UNKNOWN", repository.manifests.put(indexOf([a])));
    assertEquals(child.detail, a);
    await rejects("NAME_UNKNOWN", repository.tags.list(ALL));
  });

  test("takes an index whose children are there, and an index of an index", async (repository) => {
    const child = await pushImage(repository, ["a"]);
    const { digest: index } = await repository.manifests.put(indexOf([child]));
    const { digest: outer } = await repository.manifests.put({
      ...indexOf([index]),
      tags: [tag("t")],
    });
    assertEquals((await repository.manifests.stat({ kind: "tag", tag: tag("t") })).digest, outer);
  });

  test("refuses a manifest under another digest", async (repository) => {
    await pushBlob(repository, "{}");
    const push = await imageOf([]);
    await rejects(
      "DIGEST_INVALID",
      repository.manifests.put({ ...push, digest: await sha256("x") }),
    );
    await rejects(
      "DIGEST_INVALID",
      repository.manifests.put({ ...push, digest: await digestOf("sha512", utf8("x")) }),
    );
  });

  test("answers a manifest that was pushed by sha512 under that name, also by its tag", async (repository) => {
    await pushBlob(repository, "{}");
    const push = await imageOf([]);
    const digest = await digestOf("sha512", push.bytes);
    assertEquals(
      (await repository.manifests.put({ ...push, digest, tags: [tag("t")] })).digest,
      digest,
    );
    assertEquals((await repository.manifests.get({ kind: "tag", tag: tag("t") })).digest, digest);
    assertEquals((await repository.manifests.get({ kind: "digest", digest })).digest, digest);
    const canonical = await digestOf("sha256", push.bytes);
    assertEquals(
      (await repository.manifests.stat({ kind: "digest", digest: canonical })).digest,
      canonical,
    );
    await repository.manifests.delete({ kind: "digest", digest: canonical });
    await rejects("MANIFEST_UNKNOWN", repository.manifests.get({ kind: "digest", digest }));
    await rejects("MANIFEST_UNKNOWN", repository.manifests.get({ kind: "tag", tag: tag("t") }));
  });

  test("moves a tag to another manifest, and the old one stays by digest", async (repository) => {
    const old = await pushImage(repository, ["a"], ["t"]);
    const now = await pushImage(repository, ["b"], ["t"]);
    assertEquals((await repository.manifests.stat({ kind: "tag", tag: tag("t") })).digest, now);
    assertEquals((await repository.manifests.stat({ kind: "digest", digest: old })).digest, old);
  });

  test("deletes a tag and leaves the manifest", async (repository) => {
    const digest = await pushImage(repository, ["a"], ["t", "u"]);
    await repository.manifests.delete({ kind: "tag", tag: tag("t") });
    await rejects("MANIFEST_UNKNOWN", repository.manifests.get({ kind: "tag", tag: tag("t") }));
    await rejects("MANIFEST_UNKNOWN", repository.manifests.delete({ kind: "tag", tag: tag("t") }));
    assertEquals((await repository.manifests.stat({ kind: "digest", digest })).digest, digest);
    assertEquals((await repository.tags.list(ALL)).entries, [tag("u")]);
  });

  test("deletes a manifest with the tags that point at it, and no others", async (repository) => {
    const digest = await pushImage(repository, ["a"], ["t", "u"]);
    const other = await pushImage(repository, ["b"], ["w"]);
    await repository.manifests.delete({ kind: "digest", digest });
    await rejects("MANIFEST_UNKNOWN", repository.manifests.get({ kind: "digest", digest }));
    await rejects("MANIFEST_UNKNOWN", repository.manifests.delete({ kind: "digest", digest }));
    assertEquals((await repository.tags.list(ALL)).entries, [tag("w")]);
    assertEquals(
      (await repository.manifests.stat({ kind: "digest", digest: other })).digest,
      other,
    );
    assertEquals(await pushImage(repository, ["a"], ["t"]), digest);
  });

  test("lists tags in pages, in byte order", async (repository) => {
    await rejects("NAME_UNKNOWN", repository.tags.list(ALL));
    await pushImage(repository, ["a"], ["b", "B", "a", "_", "10", "9"]);
    const sorted = ["10", "9", "B", "_", "a", "b"].map(tag);
    assertEquals(await repository.tags.list(ALL), { entries: sorted, more: false });
    assertEquals(await repository.tags.list({ limit: 2, last: "9" }), {
      entries: sorted.slice(2, 4),
      more: true,
    });
    assertEquals(await repository.tags.list({ limit: 2, last: "_" }), {
      entries: sorted.slice(4),
      more: false,
    });
    assertEquals(await repository.tags.list({ limit: 2, last: "9a" }), {
      entries: sorted.slice(2, 4),
      more: true,
    });
    assertEquals(await repository.tags.list({ limit: 0, last: "" }), { entries: [], more: true });
  });

  test(
    "lists repositories that hold manifests, component by component, in pages",
    async (_, registry) => {
      for (const text of ["a-b", "a", "a/b", "a/b/c", "b/c", "z"]) {
        await pushImage(registry.repository(name(text)), [], ["t"]);
      }
      await pushBlob(registry.repository(name("only/blobs")), "x");
      const sorted = ["a", "a/b", "a/b/c", "a-b", "b/c", "z"].map(name);
      assertEquals(await registry.repositories(ALL), { entries: sorted, more: false });
      assertEquals(await registry.repositories({ limit: 2, last: "" }), {
        entries: sorted.slice(0, 2),
        more: true,
      });
      for (let i = 0; i < sorted.length; i++) {
        const page = { limit: 1, last: sorted[i] ?? "" };
        assertEquals(await registry.repositories(page), {
          entries: sorted.slice(i + 1, i + 2),
          more: i + 2 < sorted.length,
        });
      }
      assertEquals(
        (await registry.repositories({ limit: 9, last: "a/a" })).entries,
        sorted.slice(1),
      );
      assertEquals(
        (await registry.repositories({ limit: 9, last: "a/c/d" })).entries,
        sorted.slice(3),
      );
      assertEquals((await registry.repositories({ limit: 9, last: "zz" })).entries, []);
      assertEquals(await registry.repositories({ limit: 0, last: "" }), {
        entries: [],
        more: false,
      });
    },
  );

  test("lists the referrers of a subject, which need not exist, and forgets deleted ones", async (repository) => {
    const subject = await sha256("subject");
    assertEquals(await repository.referrers.list(subject), { entries: [] });
    const extra = {
      subject: { mediaType: "x/y", digest: subject, size: 1 },
      annotations: { a: "1" },
    };
    const digest = await pushImage(repository, ["a"], [], { ...extra, artifactType: "sig/x" });
    const plain = await pushImage(repository, ["b"], [], extra);
    const { digest: index } = await repository.manifests.put(indexOf([], extra));
    const types = new Map(
      (await repository.referrers.list(subject)).entries.map((
        entry,
      ) => [entry.digest, entry.artifactType]),
    );
    assertEquals(
      types,
      new Map<Digest, string | undefined>([
        [digest, "sig/x"],
        [plain, "application/vnd.oci.image.config.v1+json"],
        [index, undefined],
      ]),
    );
    const { entries: [found] } = await repository.referrers.list(subject, {
      artifactType: "sig/x",
    });
    assertEquals([found?.digest, found?.annotations], [digest, { a: "1" }]);
    assertEquals(await repository.referrers.list(subject, { artifactType: "none/x" }), {
      entries: [],
    });
    await repository.manifests.delete({ kind: "digest", digest });
    assertEquals((await repository.referrers.list(subject)).entries.length, 2);
  });

  test("lists referrers that an older client recorded under the fallback tag", async (repository) => {
    const subject = await pushImage(repository, ["base"], ["t"]);
    const digest = await pushImage(repository, ["a"], [], { annotations: { k: "v" } });
    await repository.manifests.put({
      ...indexOf([digest]),
      tags: [tag(subject.replace(":", "-"))],
    });
    const { entries: [found] } = await repository.referrers.list(subject);
    assertEquals([found?.digest, found?.annotations], [digest, { k: "v" }]);
  });
}

async function read(repository: Repository, digest: Digest): Promise<string> {
  const { source, size } = await repository.blobs.open(digest);
  try {
    assertEquals(source.size, size);
    return new TextDecoder().decode(await readAll(source));
  } finally {
    source.close();
  }
}

async function rejects(code: string, attempt: Promise<unknown>): Promise<RegistryError> {
  const error = await assertRejects(() => attempt, RegistryError);
  assert(
    error.code === code,
    `expected ${code}, got ${error.code}: ${error.message} ${JSON.stringify(error.detail)}`,
  );
  return error;
}

async function* broken(text: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  await Promise.resolve();
  yield utf8(text);
  throw new Error("gone");
}
