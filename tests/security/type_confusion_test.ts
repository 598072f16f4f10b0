// goals.md R17: a document is what it was pushed as, to everybody and for good.
import { assertEquals } from "@std/assert";
import { $B, $C, $M, BLOB, DL, DM, IMAGE, OCI, OCI_INDEX } from "../api/golden/content.ts";
import { ask, type Reply } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { digestOf, OCTETS } from "./upload_client.ts";

const ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const config = { mediaType: CONFIG_TYPE, digest: $C, size: 2 };
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $B, size: 5 };
const child = { mediaType: OCI, digest: $M, size: IMAGE.length };

/** A registry whose r holds $B, $C and the manifest $M. */
async function inRegistry(run: (port: number) => Promise<void>): Promise<void> {
  await using server = await InProcessServer.start();
  const { port } = server;
  for (const [digest, body] of [[$B, BLOB], [$C, "{}"]] as const) {
    const target = `/v2/r/blobs/uploads/?digest=${digest}`;
    assertEquals((await ask(port, "POST", target, { headers: OCTETS, body })).status, 201);
  }
  assertEquals((await put(port, "base", IMAGE, OCI)).status, 201);
  await run(port);
  assertEquals(server.faults, []);
}

function put(port: number, reference: string, body: string, type: string): Promise<Reply> {
  return ask(port, "PUT", `/v2/r/manifests/${reference}`, {
    headers: { "Content-Type": type },
    body,
  });
}

/** Documents that are right under one type, by that type. */
const RIGHT: Readonly<Record<string, object>> = {
  [OCI]: { schemaVersion: 2, mediaType: OCI, config, layers: [layer] },
  [OCI_INDEX]: { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] },
  [DM]: { schemaVersion: 2, mediaType: DM, config, layers: [layer] },
  [DL]: { schemaVersion: 2, mediaType: DL, manifests: [child] },
  [ARTIFACT]: { mediaType: ARTIFACT, artifactType: "application/x", blobs: [layer] },
};

Deno.test("a document with a mediaType is taken under this type, and under no other", async () => {
  await inRegistry(async (port) => {
    for (const [type, document] of Object.entries(RIGHT)) {
      for (const sent of Object.keys(RIGHT)) {
        const reply = await put(port, "x", JSON.stringify(document), sent);
        const wanted = sent === type ? [201, undefined] : [400, "MANIFEST_INVALID"];
        assertEquals([reply.status, reply.code], wanted, `${type} sent as ${sent}`);
      }
    }
  });
});

Deno.test("a document without a mediaType is taken as what its fields say, and as nothing else", async () => {
  await inRegistry(async (port) => {
    for (const [type, document] of Object.entries(RIGHT)) {
      const bare = JSON.stringify({ ...document, mediaType: undefined });
      for (const sent of Object.keys(RIGHT)) {
        const isRight = sent === type && (type === OCI || type === OCI_INDEX);
        // An image is one, whether docker or OCI calls it so: only OCI lets the field be left out.
        const isTwin = (type === DM && sent === OCI) || (type === DL && sent === OCI_INDEX);
        const reply = await put(port, "x", bare, sent);
        const wanted = isRight || isTwin ? [201, undefined] : [400, "MANIFEST_INVALID"];
        assertEquals([reply.status, reply.code], wanted, `bare ${type} sent as ${sent}`);
        if (reply.status !== 201) continue;
        const got = await ask(port, "GET", "/v2/r/manifests/x");
        assertEquals(got.header("content-type"), sent, `bare ${type} sent as ${sent}`);
      }
    }
  });
});

Deno.test("a document that is two things at once is refused under either type", async () => {
  await inRegistry(async (port) => {
    const documents = [
      { schemaVersion: 2, config, layers: [layer], manifests: [child] },
      { schemaVersion: 2, config, layers: [layer], manifests: [] },
      { schemaVersion: 2, config, manifests: [child] },
      { schemaVersion: 2, layers: [], manifests: [child] },
      { schemaVersion: 2, config, layers: [layer], blobs: [layer] },
      { schemaVersion: 2, manifests: [child], blobs: [] },
      { schemaVersion: 2, config, layers: [layer], manifests: {} },
      { schemaVersion: 2, config: "", layers: [], manifests: [child] },
      { schemaVersion: 2, config: 0, manifests: [child] },
    ];
    for (const document of documents) {
      for (const type of Object.keys(RIGHT)) {
        for (const mediaType of [type, undefined]) {
          const body = JSON.stringify({ ...document, mediaType, artifactType: "application/x" });
          const reply = await put(port, "x", body, type);
          assertEquals([reply.status, reply.code], [400, "MANIFEST_INVALID"], `${body} as ${type}`);
        }
      }
    }
  });
});

Deno.test("what looks like nothing is refused, or answered as what it was pushed as", async () => {
  await inRegistry(async (port) => {
    const documents = [
      '{"schemaVersion":2}',
      '{"schemaVersion":2,"manifests":null}',
      '{"schemaVersion":2,"mediaType":""}',
      '{"schemaVersion":2,"mediaType":null,"manifests":null}',
      '{"schemaVersion":2,"manifests":[]}',
      `{"schemaVersion":2,"mediaType":"${OCI_INDEX}"}`,
      `{"schemaVersion":2,"mediaType":"${OCI}"}`,
      `{"schemaVersion":2,"config":${JSON.stringify(config)}}`,
    ];
    for (const body of documents) {
      for (const type of [OCI, OCI_INDEX]) {
        const reply = await put(port, digestOf(body), body, type);
        if (reply.status === 400) continue;
        assertEquals(reply.status, 201, body);
        const got = await ask(port, "GET", `/v2/r/manifests/${digestOf(body)}`);
        assertEquals(got.header("content-type"), type, `${body} pushed as ${type}`);
        assertEquals(got.text, body);
      }
    }
  });
});

Deno.test("a field in another case hides nothing from us that clients in Go see", async () => {
  await inRegistry(async (port) => {
    // encoding/json takes `Layers` for `layers`, and the last of both; so does distribution, which then misses the blob.
    const unknown = digestOf("never pushed");
    const other = `[{"mediaType":"x","digest":"${unknown}","size":1}]`;
    const start = `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[]`;
    for (
      const body of [
        `${start},"layers":${other}}`,
        `${start},"Layers":${other}}`,
        `${start},"LAYERS":${other},"x":0}`,
        `${start},"layer\u0073":${other}}`,
        `${start},"layer\u017f":${other}}`, // long s, which folds to s
        `${start},"Manifests":${other}}`,
        `${start},"manife\u017fts":${other}}`,
        `${start},"MediaType":"${OCI_INDEX}"}`,
        `${start},"Config":{"mediaType":"x","digest":"${unknown}","size":1}}`,
        `{"schemaVersion":2,"layers":[],"config":{"mediaType":"x","digest":"${$C}","size":2,"Digest":"${unknown}"}}`,
      ]
    ) {
      const reply = await put(port, "x", body, OCI);
      assertEquals(reply.status, 400, body);
    }
  });
});

Deno.test("the type of an answer is that of the push, whatever Accept says", async () => {
  await inRegistry(async (port) => {
    const accepts = [
      undefined,
      "*/*",
      "application/*",
      "text/html",
      OCI,
      OCI_INDEX,
      DM,
      DL,
      `${DM};q=0`,
    ];
    for (const [type, document] of Object.entries(RIGHT)) {
      const body = JSON.stringify(document);
      assertEquals((await put(port, "x", body, `${type}; charset=utf-8`)).status, 201);
      for (const reference of ["x", digestOf(body)]) {
        for (const accept of accepts) {
          // The one exception, that of distribution: an old client that takes images and no lists, by tag.
          if (type === DL && reference === "x" && (accept === OCI || accept === DM)) continue;
          const headers = accept === undefined ? {} : { Accept: accept };
          for (const method of ["GET", "HEAD"]) {
            const got = await ask(port, method, `/v2/r/manifests/${reference}`, { headers });
            const what = `${method} of ${type} with Accept ${accept}`;
            assertEquals([got.status, got.header("content-type")], [200, type], what);
            assertEquals(got.header("docker-content-digest"), digestOf(body), what);
            if (method === "GET") assertEquals(got.text, body, what);
          }
        }
      }
    }
  });
});

Deno.test("a manifest is no blob, and a blob no manifest, until it is pushed as one", async () => {
  await inRegistry(async (port) => {
    const asBlob = JSON.stringify(RIGHT[OCI]);
    const digest = digestOf(asBlob);
    const target = `/v2/r/blobs/uploads/?digest=${digest}`;
    assertEquals((await ask(port, "POST", target, { headers: OCTETS, body: asBlob })).status, 201);
    for (const method of ["GET", "HEAD", "DELETE"]) {
      assertEquals((await ask(port, method, `/v2/r/manifests/${digest}`)).status, 404, method);
      assertEquals((await ask(port, method, `/v2/r/blobs/${$M}`)).status, 404, method);
    }
    assertEquals(
      (await ask(port, "GET", `/v2/r/blobs/${digest}`)).header("content-type"),
      "application/octet-stream",
    );
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...child, digest }] };
    assertEquals(
      (await put(port, "x", JSON.stringify(index), OCI_INDEX)).code,
      "MANIFEST_BLOB_UNKNOWN",
    );
    const image = { ...RIGHT[OCI], layers: [{ ...layer, digest: $M }] };
    assertEquals((await put(port, "x", JSON.stringify(image), OCI)).code, "MANIFEST_BLOB_UNKNOWN");
  });
});

Deno.test("fields that are of another kind than they must be are refused", async () => {
  await inRegistry(async (port) => {
    const bad = [
      [],
      "text",
      5,
      null,
      true,
      { schemaVersion: "2", config, layers: [] },
      { schemaVersion: 2.5, config, layers: [] },
      { schemaVersion: [2], config, layers: [] },
      { schemaVersion: 2, mediaType: [OCI], config, layers: [] },
      { schemaVersion: 2, mediaType: {}, config, layers: [] },
      { schemaVersion: 2, config: [config], layers: [] },
      { schemaVersion: 2, config: $C, layers: [] },
      { schemaVersion: 2, config, layers: {} },
      { schemaVersion: 2, config, layers: $B },
      { schemaVersion: 2, config, layers: [$B] },
      { schemaVersion: 2, config, layers: [null] },
      { schemaVersion: 2, config, layers: [[layer]] },
      { schemaVersion: 2, config: { ...config, digest: [$C] }, layers: [] },
      { schemaVersion: 2, config: { ...config, digest: { toString: $C } }, layers: [] },
      { schemaVersion: 2, config, layers: [], subject: $M },
      { schemaVersion: 2, config, layers: [], subject: [] },
    ];
    for (const document of bad) {
      const reply = await put(port, "x", JSON.stringify(document), OCI);
      assertEquals([reply.status, reply.code], [400, "MANIFEST_INVALID"], JSON.stringify(document));
    }
  });
});
