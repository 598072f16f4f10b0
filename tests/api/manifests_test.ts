import { assert, assertEquals } from "@std/assert";
import { DOCKER_IMAGE, DOCKER_LIST, OCI_IMAGE, OCI_INDEX } from "../../src/oci/media_type.ts";
import { asRepositoryName } from "../../src/oci/reference.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { type FakeRegistry, sha256 } from "../support/fake_registry.ts";

const MANIFEST = `{"schemaVersion":2,"mediaType":"${OCI_IMAGE}","layers":[]}`;
const DIGEST = sha256(MANIFEST);

type Api = ReturnType<typeof fakeApi>["api"];

async function push(api: Api, reference: string, type: string, body: string): Promise<void> {
  const target = `/v2/r/manifests/${reference}`;
  const { status } = await answer(api, {
    method: "PUT",
    target,
    headers: { "Content-Type": type },
    body,
  });
  assertEquals(status, 201);
}

function repository(registry: FakeRegistry) {
  const name = asRepositoryName("r");
  assert(name);
  return registry.repository(name);
}

for (const reference of ["t", DIGEST]) {
  Deno.test(`getManifest() answers ${reference} as it was stored, whatever Accept says`, async () => {
    const { api } = fakeApi();
    await push(api, "t", OCI_IMAGE, MANIFEST);
    for (
      const Accept of [undefined, OCI_IMAGE, "*/*", "text/html", DOCKER_IMAGE, `${OCI_IMAGE};q=0`]
    ) {
      const headers = Accept === undefined ? {} : { Accept };
      const got = await answer(api, { target: `/v2/r/manifests/${reference}`, headers });
      assertEquals(got.status, 200);
      assertEquals(got.text, MANIFEST);
      assertEquals(got.got("content-type"), OCI_IMAGE);
      assertEquals(got.got("content-length"), String(MANIFEST.length));
      assertEquals(got.got("docker-content-digest"), DIGEST);
      assertEquals(got.got("etag"), `"${DIGEST}"`);
    }
  });
}

Deno.test("headManifest() answers the headers of the GET and reads nothing", async () => {
  const { api, registry } = fakeApi();
  await push(api, "t", OCI_IMAGE, MANIFEST);
  const got = await answer(api, "/v2/r/manifests/t");
  registry.reads = 0;
  const head = await answer(api, { method: "HEAD", target: "/v2/r/manifests/t" });
  assertEquals([...head.answered], [...got.answered]);
  assertEquals(head.status, 200);
  assertEquals(head.bytes.length, 0);
  assertEquals(registry.reads, 0);
});

for (const method of ["GET", "HEAD"]) {
  Deno.test(`${method} of a manifest answers 304 when If-None-Match has its digest`, async () => {
    const { api } = fakeApi();
    await push(api, "t", OCI_IMAGE, MANIFEST);
    const ask = async (condition: string) => {
      const headers = { "If-None-Match": condition };
      return await answer(api, { method, target: "/v2/r/manifests/t", headers });
    };
    for (const value of [DIGEST, `"${DIGEST}"`, `W/"${DIGEST}"`, `"x", "${DIGEST}"`, "*"]) {
      const unchanged = await ask(value);
      assertEquals(unchanged.status, 304, value);
      assertEquals(unchanged.text, "");
      assertEquals(unchanged.got("etag"), `"${DIGEST}"`);
      assertEquals(unchanged.got("docker-content-digest"), DIGEST);
    }
    assertEquals((await ask(`"${sha256("other")}"`)).status, 200);
  });
}

Deno.test("GET of an unknown manifest is 404 MANIFEST_UNKNOWN, conditional or not", async () => {
  const { api } = fakeApi();
  for (const headers of [{}, { "If-None-Match": "*" }]) {
    const got = await answer(api, { target: "/v2/r/manifests/t", headers });
    assertEquals([got.status, codeOf(got)], [404, "MANIFEST_UNKNOWN"]);
  }
});

const CHILD = `{"schemaVersion":2,"mediaType":"${DOCKER_IMAGE}","layers":[]}`;

function listOf(type: string, platform: object): string {
  const child = { mediaType: DOCKER_IMAGE, digest: sha256(CHILD), size: CHILD.length, platform };
  return JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [child] });
}

const AMD64 = { os: "linux", architecture: "amd64" };

for (const method of ["GET", "HEAD"]) {
  Deno.test(`${method} of a docker list by tag gives old clients the linux/amd64 image`, async () => {
    const { api } = fakeApi();
    const list = listOf(DOCKER_LIST, AMD64);
    await push(api, sha256(CHILD), DOCKER_IMAGE, CHILD);
    await push(api, "dl", DOCKER_LIST, list);
    const ask = async (reference: string, Accept: string) => {
      const target = `/v2/r/manifests/${reference}`;
      return await answer(api, { method, target, headers: { Accept } });
    };
    const old = await ask("dl", DOCKER_IMAGE);
    assertEquals(old.got("docker-content-digest"), sha256(CHILD));
    assertEquals(old.got("content-type"), DOCKER_IMAGE);
    assertEquals(old.got("content-length"), String(CHILD.length));
    for (const accept of ["*/*", `${DOCKER_IMAGE}, ${DOCKER_LIST}`, "text/html", OCI_INDEX]) {
      assertEquals((await ask("dl", accept)).got("docker-content-digest"), sha256(list), accept);
    }
    const byDigest = await ask(sha256(list), DOCKER_IMAGE);
    assertEquals(byDigest.got("docker-content-digest"), sha256(list));
  });

  Deno.test(`${method} of a docker list without that image gives the list`, async () => {
    const { api } = fakeApi();
    const without = listOf(DOCKER_LIST, { os: "linux", architecture: "arm64" });
    const missing = listOf(DOCKER_LIST, AMD64);
    await push(api, "without", DOCKER_LIST, without);
    await push(api, "missing", DOCKER_LIST, missing);
    for (const tag of ["without", "missing"]) {
      const target = `/v2/r/manifests/${tag}`;
      const got = await answer(api, { method, target, headers: { Accept: DOCKER_IMAGE } });
      assertEquals([got.status, got.got("content-type")], [200, DOCKER_LIST]);
    }
  });

  Deno.test(`${method} of an OCI index is never answered with an image`, async () => {
    const { api } = fakeApi();
    await push(api, sha256(CHILD), DOCKER_IMAGE, CHILD);
    await push(api, "oci", OCI_INDEX, listOf(OCI_INDEX, AMD64));
    const headers = { Accept: DOCKER_IMAGE };
    const got = await answer(api, { method, target: "/v2/r/manifests/oci", headers });
    assertEquals([got.status, got.got("content-type")], [200, OCI_INDEX]);
  });
}

Deno.test("putManifest() hands over bytes, raw Content-Type and tag, and answers 201", async () => {
  const { api, registry } = fakeApi();
  const type = "Application/X; charset=utf-8";
  const headers = { "Content-Type": type };
  const body = MANIFEST;
  const put = await answer(api, {
    method: "PUT",
    target: "/v2/r/manifests/t?tag=u",
    headers,
    body,
  });
  assertEquals(put.status, 201);
  assertEquals(put.got("location"), `http://test/v2/r/manifests/${DIGEST}`);
  assertEquals(put.got("docker-content-digest"), DIGEST);
  assertEquals(put.got("content-length"), "0");
  assertEquals(put.got("oci-subject"), undefined);
  assertEquals(put.got("oci-tag"), undefined);
  const [pushed] = repository(registry).manifests.pushes;
  assert(pushed);
  assertEquals(new TextDecoder().decode(pushed.bytes), MANIFEST);
  assertEquals([pushed.contentType, pushed.digest, pushed.tags.join()], [type, undefined, "t"]);
});

Deno.test("putManifest() by digest sets the tags of its tag parameters", async () => {
  const { api, registry } = fakeApi();
  const tags = Array.from({ length: 50 }, (_, i) => `t${i}`);
  const target = `/v2/r/manifests/${DIGEST}?tag=${tags.join("&tag=")}&tag=t0&ns=x`;
  const put = await answer(api, { method: "PUT", target, body: MANIFEST });
  assertEquals(put.status, 201);
  assertEquals(put.answered.get("oci-tag"), tags);
  assertEquals(repository(registry).manifests.pushes[0]?.tags.map(String), tags);
  assertEquals(repository(registry).manifests.pushes[0]?.digest, DIGEST);
});

Deno.test("putManifest() refuses 51 tags with 414 and bad tags with 400, before it reads", async () => {
  const { api, registry } = fakeApi();
  const many = Array.from({ length: 51 }, (_, i) => `t${i}`).join("&tag=");
  for (
    const [query, status] of [[many, 414], ["a&tag=-b", 400], ["", 400], ["a%2Fb", 400]] as const
  ) {
    const target = `/v2/r/manifests/${DIGEST}?tag=${query}`;
    const put = await answer(api, { method: "PUT", target, body: MANIFEST });
    assertEquals([put.status, codeOf(put), put.bodyTaken], [status, "TAG_INVALID", false]);
  }
  assertEquals(repository(registry).manifests.pushes, []);
});

Deno.test("putManifest() answers OCI-Subject to a manifest with a subject", async () => {
  const { api } = fakeApi();
  const subject = { mediaType: OCI_IMAGE, digest: DIGEST, size: 1 };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_IMAGE, layers: [], subject });
  const put = await answer(api, { method: "PUT", target: "/v2/r/manifests/t", body });
  assertEquals(put.got("oci-subject"), DIGEST);
});

const LIMIT = 4 * 1024 * 1024;

Deno.test("putManifest() takes 4 MiB, in one piece or in many", async () => {
  const { api, registry } = fakeApi();
  const whole = new Uint8Array(LIMIT).fill(32);
  const pieces = [whole.slice(0, 3_000_000), whole.slice(3_000_000)];
  for (const body of [whole, pieces]) {
    const put = await answer(api, { method: "PUT", target: "/v2/r/manifests/t", body });
    assertEquals(put.status, 201);
  }
  const [one, many] = repository(registry).manifests.pushes;
  assertEquals(one?.bytes.byteLength, LIMIT);
  assert(many && sha256(many.bytes) === sha256(whole));
});

Deno.test("putManifest() refuses more than 4 MiB with 413, by length before it reads", async () => {
  const { api, registry } = fakeApi();
  const body = new Uint8Array(LIMIT + 1);
  const declared = await answer(api, { method: "PUT", target: "/v2/r/manifests/t", body });
  const counted = await answer(api, { method: "PUT", target: "/v2/r/manifests/t", body: [body] });
  assertEquals([declared.status, codeOf(declared)], [413, "MANIFEST_INVALID"]);
  assertEquals([counted.status, codeOf(counted)], [413, "MANIFEST_INVALID"]);
  assertEquals([declared.bodyTaken, counted.bodyTaken], [false, true]);
  assertEquals(repository(registry).manifests.pushes, []);
});

Deno.test("deleteManifest() answers 202 to a tag and to a digest, then 404", async () => {
  const { api } = fakeApi();
  await push(api, "t", OCI_IMAGE, MANIFEST);
  for (const reference of ["t", DIGEST]) {
    const request = { method: "DELETE", target: `/v2/r/manifests/${reference}` };
    const first = await answer(api, request);
    assertEquals([first.status, first.got("content-length")], [202, "0"]);
    assertEquals((await answer(api, request)).status, 404);
  }
});

Deno.test("getReferrers() answers an index, with the filter that it applied", async () => {
  const { api } = fakeApi();
  const subject = { mediaType: OCI_IMAGE, digest: DIGEST, size: 1 };
  const base = { schemaVersion: 2, mediaType: OCI_IMAGE, layers: [], subject };
  const a = JSON.stringify({ ...base, artifactType: "application/a" });
  const b = JSON.stringify({ ...base, artifactType: "application/b" });
  await push(api, "a", OCI_IMAGE, a);
  await push(api, "b", OCI_IMAGE, b);
  const all = await answer(api, `/v2/r/referrers/${DIGEST}`);
  assertEquals(all.got("content-type"), OCI_INDEX);
  assertEquals(all.got("oci-filters-applied"), undefined);
  assertEquals(JSON.parse(all.text).manifests.length, 2);
  const unfiltered = await answer(api, `/v2/r/referrers/${DIGEST}?artifactType=`);
  assertEquals([unfiltered.text, [...unfiltered.answered]], [all.text, [...all.answered]]);
  const some = await answer(api, `/v2/r/referrers/${DIGEST}?artifactType=application%2Fb`);
  assertEquals(some.got("oci-filters-applied"), "artifactType");
  assertEquals(JSON.parse(some.text), {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{
      mediaType: OCI_IMAGE,
      digest: sha256(b),
      size: b.length,
      artifactType: "application/b",
    }],
  });
});

Deno.test("getReferrers() answers an empty list to what it does not know", async () => {
  const { api } = fakeApi();
  const got = await answer(api, `/v2/nothing/referrers/${DIGEST}`);
  assertEquals(got.status, 200);
  assertEquals(JSON.parse(got.text).manifests, []);
});
