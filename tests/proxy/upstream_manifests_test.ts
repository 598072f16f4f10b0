import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import { makeImage, mediaTypes, sha256 } from "../support/images.ts";
import { type ScriptedAnswer, ScriptedServer } from "../support/scripted_server.ts";
import {
  assertFails,
  byDigest,
  byTag,
  repository,
  tagged,
  TestedUpstream,
} from "../support/tested_upstream.ts";
import { ACCEPT } from "../../src/proxy/upstream_manifests.ts";
import { digestOf } from "../../src/oci/digest.ts";

const { manifest } = makeImage();
const digest = manifest.descriptor.digest;
const type = manifest.descriptor.mediaType;
const app = repository("team/app");
const other = `sha256:${"0".repeat(64)}`;
const encode = (text: string) => new TextEncoder().encode(text);

/** Asks an upstream that gives this one answer to everything. */
async function answering(
  answer: ScriptedAnswer,
  use: (tested: TestedUpstream, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  await using server = ScriptedServer.start(() => answer);
  using tested = new TestedUpstream(server.url);
  await use(tested, server);
}

const good: ScriptedAnswer = {
  headers: { "content-type": type, "docker-content-digest": digest },
  body: manifest.bytes,
};

Deno.test("resolve() asks HEAD with a constant Accept and believes the digest", async () => {
  await answering(good, async ({ upstream }, server) => {
    assertEquals(await upstream.resolve(app, tagged("v1")), { digest } as unknown);
    assertEquals(server.asked, ["HEAD /v2/team/app/manifests/v1"]);
    assertEquals(server.requests[0]?.headers.get("accept"), ACCEPT);
    assertEquals(server.requests[0]?.headers.get("accept-encoding"), "identity");
    assertEquals(server.requests[0]?.headers.has("authorization"), false);
  });
});

for (const status of [200, 400, 405, 501]) {
  Deno.test(`resolve() asks GET where HEAD is of no use (${status}), and remembers it for an hour`, async () => {
    await using server = ScriptedServer.start(({ method }) =>
      method === "HEAD" ? { status } : { headers: { "content-type": type }, body: manifest.bytes }
    );
    using tested = new TestedUpstream(server.url);
    for (let i = 0; i < 2; i++) {
      const resolved = await tested.upstream.resolve(app, tagged("v1"));
      assertEquals(`${resolved?.digest} ${resolved?.manifest?.digest}`, `${digest} ${digest}`);
    }
    const methods = () => server.requests.map(({ method }) => method).join(" ");
    assertEquals(methods(), "HEAD GET GET");
    tested.clock.time += 3_600_000;
    await tested.upstream.resolve(app, tagged("v1"));
    assertEquals(methods(), "HEAD GET GET HEAD GET");
  });
}

Deno.test("resolve() doesn't give up HEAD for a tag that GET has not either", async () => {
  await using server = ScriptedServer.start(({ method }) => ({
    status: method === "HEAD" ? 400 : 404,
  }));
  using tested = new TestedUpstream(server.url);
  for (let i = 0; i < 2; i++) {
    assertEquals(await tested.upstream.resolve(app, tagged("v1")), undefined);
  }
  assertEquals(server.requests.map(({ method }) => method).join(" "), "HEAD GET HEAD GET");
});

Deno.test("resolve() and manifest() of what upstream answers 404 to are undefined", async () => {
  await answering({ status: 404, body: '{"errors":[]}' }, async ({ upstream, metrics }) => {
    assertEquals(await upstream.resolve(app, tagged("v1")), undefined);
    assertEquals(await upstream.manifest(app, byTag("v1")), undefined);
    assertEquals(await upstream.manifest(app, byDigest(digest)), undefined);
    assertEquals(metrics, new Array(3).fill("answered manifest 404"));
  });
});

Deno.test("resolve() refuses a Docker-Content-Digest that is none", async () => {
  for (const odd of ["sha256:../../etc", "latest", `sha256:${"0".repeat(63)}`, "sha256:"]) {
    await answering({ headers: { "docker-content-digest": odd } }, async ({ upstream, log }) => {
      await assertFails(() => upstream.resolve(app, tagged("v1")), "lying", "named no digest");
      assertEquals(log.lines.length, 1);
    });
  }
});

Deno.test("a digest of an algorithm that is not known here is none: the manifest is fetched and hashed", async () => {
  const headers = { "content-type": type, "docker-content-digest": "blake3:0123" };
  await answering({ headers, body: manifest.bytes }, async ({ upstream }) => {
    assertEquals((await upstream.resolve(app, tagged("v1")))?.manifest?.digest as string, digest);
  });
});

Deno.test("manifest() gives the bytes as they are, by tag and by digests of each algorithm", async () => {
  await answering(
    { ...good, headers: { "content-type": `${type}; charset=utf-8` } },
    async ({ upstream }) => {
      const sha512 = await digestOf("sha512", manifest.bytes);
      const sha384 = await digestOf("sha384", manifest.bytes);
      for (
        const [reference, expected] of [[byTag("v1"), digest], [byDigest(digest), digest], [
          byDigest(sha512),
          sha512,
        ], [byDigest(sha384), sha384]] as const
      ) {
        const got = await upstream.manifest(app, reference);
        assertEquals(`${got?.digest} ${got?.mediaType}`, `${expected} ${type}`);
        assertEquals(got?.bytes, manifest.bytes);
      }
    },
  );
});

Deno.test("manifest() takes any media type, and the document's own where upstream is vague", async () => {
  const custom = encode('{"mediaType":"application/vnd.example.thing+json","x":1}');
  for (
    const said of [
      "application/vnd.example.thing+json",
      "application/octet-stream",
      "text/plain; charset=utf-8",
    ]
  ) {
    await answering({ headers: { "content-type": said }, body: custom }, async ({ upstream }) => {
      const got = await upstream.manifest(app, byTag("v1"));
      assertEquals(got?.mediaType, "application/vnd.example.thing+json");
    });
  }
  await answering({ body: '{"manifests":[]}' }, async ({ upstream }) => {
    assertEquals((await upstream.manifest(app, byTag("v1")))?.mediaType, mediaTypes.oci.index);
  });
});

const LIES: [what: string, answer: ScriptedAnswer, says: string][] = [
  ["another digest in its header", {
    ...good,
    headers: { "content-type": type, "docker-content-digest": other },
  }, `as ${other}`],
  ["a digest in its header that is none", {
    ...good,
    headers: { "content-type": type, "docker-content-digest": "x" },
  }, "is no digest"],
  ["another type than the document's", {
    ...good,
    headers: { "content-type": mediaTypes.docker.manifest },
  }, "says of itself"],
  [
    "an index as an image",
    { headers: { "content-type": type }, body: '{"manifests":[]}' },
    "none by its fields",
  ],
  ["an index that is an image too", {
    headers: { "content-type": mediaTypes.oci.index },
    body: '{"manifests":[],"layers":[]}',
  }, "at once"],
  [
    "a media type that is none",
    { headers: { "content-type": "a b" }, body: "{}" },
    "media type is none",
  ],
  [
    "a page for people",
    { headers: { "content-type": "text/html" }, body: "<html>" },
    "no JSON object",
  ],
  ["JSON that is too deep", {
    headers: { "content-type": type },
    body: `{"a":${"[".repeat(200)}${"]".repeat(200)}}`,
  }, "no JSON object"],
  ["a manifest of schema 1", {
    headers: { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" },
    body: "{}",
  }, "schema 1"],
  ["more than 4 MiB", {
    headers: { "content-type": type },
    body: new Uint8Array(4 * 1024 * 1024 + 1),
  }, "longer than"],
  ["an endless body", { headers: { "content-type": type }, body: endless() }, "longer than"],
  ["a gzip bomb", {
    headers: { "content-type": type, "content-encoding": "gzip" },
    body: new Uint8Array(gzipSync(new Uint8Array(200 * 1024 * 1024))),
  }, "longer than"],
  ["what is no gzip", {
    headers: { "content-type": type, "content-encoding": "gzip" },
    body: "plain",
  }, "not encoded as it says"],
  ["an encoding that is none", {
    headers: { "content-type": type, "content-encoding": "zstd" },
    body: "plain",
  }, "not encoded as it says"],
];

function* endless(): Generator<Uint8Array> {
  while (true) yield new Uint8Array(65_536);
}

for (const [what, answer, says] of LIES) {
  Deno.test(`manifest() refuses ${what}, and says so in log and metric`, async () => {
    await answering(answer, async ({ upstream, log, metrics }) => {
      const error = await assertFails(() => upstream.manifest(app, byTag("v1")), "lying", says);
      assert(error.message.startsWith("up.test: 127.0.0.1:"), error.message);
      assertEquals(metrics, ["answered manifest 200", "failed manifest lying"]);
      assertEquals(log.lines.length, 1);
    });
  });
}

Deno.test("manifest() refuses what has another digest than it was asked for by", async () => {
  await answering({ ...good, headers: { "content-type": type } }, async ({ upstream }) => {
    await assertFails(() => upstream.manifest(app, byDigest(other)), "lying", `as ${other}`);
    await assertFails(() => upstream.manifest(app, byDigest(`sha512:${"0".repeat(128)}`)), "lying");
  });
});

Deno.test("manifest() decodes what upstream encodes all the same, and hashes the decoded bytes", async () => {
  const headers = { "content-type": type, "content-encoding": "GZIP" };
  await answering(
    { headers, body: new Uint8Array(gzipSync(manifest.bytes)) },
    async ({ upstream }) => {
      const got = await upstream.manifest(app, byDigest(digest));
      assertEquals(sha256(got?.bytes ?? new Uint8Array()), digest);
    },
  );
});

Deno.test("manifest() of a length that lies is refused", async () => {
  const short = { ...good, length: manifest.bytes.length + 5, cutAfter: manifest.bytes.length };
  await answering(short, async ({ upstream }) => {
    await assertFails(() => upstream.manifest(app, byDigest(digest)), "failing", "broke off after");
  });
  await answering({ ...good, length: manifest.bytes.length - 5 }, async ({ upstream }) => {
    await assertFails(() => upstream.manifest(app, byDigest(digest)), "lying");
  });
});

Deno.test("the caller's signal ends resolve() and manifest() with its own reason", async () => {
  await answering({ silent: true }, async ({ upstream, metrics }) => {
    for (
      const ask of [
        (signal: AbortSignal) => upstream.resolve(app, tagged("v1"), { signal }),
        (signal: AbortSignal) => upstream.manifest(app, byTag("v1"), { signal }),
      ]
    ) {
      const controller = new AbortController();
      const asked = ask(controller.signal);
      controller.abort(new RangeError("left"));
      await assertRejects(() => asked, RangeError, "left");
    }
    assertEquals(metrics, []);
  });
});
