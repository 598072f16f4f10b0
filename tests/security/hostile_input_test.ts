// goals.md R15: numbers, lists and documents that are too much. (Heads and bodies of requests as such: tests/http.)
import { assert, assertEquals } from "@std/assert";
import { $B, $C, BLOB, IMAGE, OCI, OCI_INDEX } from "../api/golden/content.ts";
import { ask, head, type Reply } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { digestOf, OCTETS } from "./upload_client.ts";

type Body = string | Uint8Array<ArrayBuffer>;

const MIB = 1024 * 1024;
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: $C, size: 2 };

/** A registry in memory whose r holds $B, $C and the tags a, b, c. */
async function inRegistry(run: (port: number) => Promise<void>): Promise<void> {
  await using server = await InProcessServer.start();
  const { port } = server;
  for (const [digest, body] of [[$B, BLOB], [$C, "{}"]] as const) {
    const target = `/v2/r/blobs/uploads/?digest=${digest}`;
    assertEquals((await ask(port, "POST", target, { headers: OCTETS, body })).status, 201);
  }
  for (const tag of ["a", "b", "c"]) assertEquals((await put(port, IMAGE, OCI, tag)).status, 201);
  await run(port);
  assertEquals(server.faults, []);
}

function put(port: number, body: Body, type: string, reference = "x"): Promise<Reply> {
  return ask(port, "PUT", `/v2/r/manifests/${reference}`, {
    headers: { "Content-Type": type },
    body,
  });
}

const HUGE = ["1000000000000", "9007199254740993", "9".repeat(400), "00000000000000000000000005"];
const NO_NUMBERS = [
  "-1",
  "-1000000000000",
  "1e12",
  "1.5",
  "0x10",
  "+5",
  "%205",
  "NaN",
  "Infinity",
  "٣",
  "1%00",
];

for (const n of HUGE) {
  Deno.test(`n=${n.slice(0, 30)} costs what there is, and not what it says`, async () => {
    await inRegistry(async (port) => {
      const tags = await ask(port, "GET", `/v2/r/tags/list?n=${n}`);
      assertEquals([tags.status, JSON.parse(tags.text).tags], [200, ["a", "b", "c"]]);
      const catalog = await ask(port, "GET", `/v2/_catalog?n=${n}`);
      const isSmall = Number(n) <= 1000; // catalog.maxentries
      assertEquals([catalog.status, catalog.code], [
        isSmall ? 200 : 400,
        isSmall ? undefined : "PAGINATION_NUMBER_INVALID",
      ]);
    });
  });
}

for (const n of NO_NUMBERS) {
  Deno.test(`n=${n} is refused by both lists`, async () => {
    await inRegistry(async (port) => {
      for (const list of ["r/tags/list", "_catalog"]) {
        const reply = await ask(
          port,
          "GET",
          `/v2/${list}?n=${encodeURI(n).replaceAll("%25", "%")}`,
        );
        assertEquals([reply.status, reply.code], [400, "PAGINATION_NUMBER_INVALID"], list);
      }
    });
  });
}

Deno.test("last may be anything: a list starts behind it, or is empty", async () => {
  await inRegistry(async (port) => {
    for (
      const last of [
        "",
        "%00",
        "%ff%fe",
        "%F0%9F%90%B3",
        "../..",
        "//",
        "a%0d%0aX: y",
        "z".repeat(5000),
        "%",
        "&last=a",
      ]
    ) {
      for (const list of ["r/tags/list", "_catalog"]) {
        const reply = await ask(port, "GET", `/v2/${list}?n=1&last=${last.replaceAll(" ", "%20")}`);
        assertEquals(reply.status, 200, `${list} ${last}`);
        const link = reply.header("link");
        assert(link === undefined || /^<\/v2\/[\w/]+\?last=\w+&n=1>; rel="next"$/.test(link), link);
      }
    }
  });
});

Deno.test("10,000 query parameters are too long a target", async () => {
  await inRegistry(async (port) => {
    const reply = await ask(port, "GET", `/v2/r/tags/list?${"n=1&".repeat(10_000)}`);
    assert([414, 431].includes(reply.status), String(reply.status));
    assertEquals((await ask(port, "GET", "/v2/r/tags/list")).status, 200);
  });
});

Deno.test("as many query parameters as a target holds change nothing: the first counts", async () => {
  await inRegistry(async (port) => {
    const reply = await ask(port, "GET", `/v2/r/tags/list?n=1${"&n=2".repeat(1_900)}`);
    assertEquals([reply.status, JSON.parse(reply.text).tags], [200, ["a"]]);
    const tags = Array.from({ length: 200 }, (_, i) => `tag=t${i}`).join("&");
    const many = await put(port, IMAGE, OCI, `${digestOf(IMAGE)}?${tags}`);
    assertEquals([many.status, many.code], [414, "TAG_INVALID"]);
    assertEquals(JSON.parse((await ask(port, "GET", "/v2/r/tags/list")).text).tags, [
      "a",
      "b",
      "c",
    ]);
  });
});

Deno.test("a manifest of 5 MB is 413, by its declared length before a byte of it is read", async () => {
  await inRegistry(async (port) => {
    using connection = await RawConnection.open(port);
    await connection.send(head("PUT", "/v2/r/manifests/x", {
      "Content-Type": OCI,
      "Content-Length": String(5 * MIB),
      Expect: "100-continue",
    }));
    assertEquals((await connection.response()).status, 413);
  });
});

Deno.test("a manifest of 5 MB is 413 by count when it comes in chunks", async () => {
  await inRegistry(async (port) => {
    const body = Array.from({ length: 80 }, () => " ".repeat(64 * 1024));
    const headers = { "Content-Type": OCI };
    const reply = await ask(port, "PUT", "/v2/r/manifests/x", { headers, body });
    assertEquals([reply.status, reply.code], [413, "MANIFEST_INVALID"]);
    assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).status, 404);
  });
});

Deno.test("a manifest of exactly 4 MiB is taken, and one byte more is not", async () => {
  await inRegistry(async (port) => {
    const padded = IMAGE + " ".repeat(4 * MIB - IMAGE.length);
    assertEquals((await put(port, padded, OCI)).status, 201);
    assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).body.length, 4 * MIB);
    assertEquals((await put(port, `${padded} `, OCI)).status, 413);
  });
});

/** An image with 10,000 layers. */
function manyLayers(digest: (index: number) => string): string {
  const layers = Array.from({ length: 10_000 }, (_, i) => ({
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    digest: digest(i),
    size: 5,
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI, config, layers });
}

Deno.test("a manifest with 10,000 layers is taken when they are there", async () => {
  await inRegistry(async (port) => {
    const body = manyLayers(() => $B);
    assertEquals((await put(port, body, OCI)).status, 201);
    assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).text, body);
  });
});

Deno.test("of 10,000 layers that are not there the answer names some, not all", async () => {
  await inRegistry(async (port) => {
    const reply = await put(port, manyLayers((i) => `sha256:${String(i).padStart(64, "0")}`), OCI);
    assertEquals([reply.status, reply.code], [400, "MANIFEST_BLOB_UNKNOWN"]);
    assert(reply.body.length < 100_000, `the answer has ${reply.body.length} bytes`);
    assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).status, 404);
  });
});

Deno.test("10,000 children, annotations and urls are no more trouble than layers", async () => {
  await inRegistry(async (port) => {
    const child = { mediaType: OCI, digest: digestOf(IMAGE), size: IMAGE.length };
    const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: Array(10_000).fill(child) };
    assertEquals((await put(port, JSON.stringify(index), OCI_INDEX)).status, 201);
    const annotations = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`k${i}`, "v"]),
    );
    const image = { schemaVersion: 2, mediaType: OCI, config, layers: [], annotations };
    assertEquals((await put(port, JSON.stringify(image), OCI)).status, 201);
    const urls = Array(10_000).fill("http://localhost:1/layer");
    const layers = [{
      mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar",
      digest: $B,
      size: 5,
      urls,
    }];
    const foreign = { schemaVersion: 2, mediaType: OCI, config, layers };
    assertEquals((await put(port, JSON.stringify(foreign), OCI)).code, "MANIFEST_INVALID");
  });
});

/** Text as UTF-8, numbers as they are. */
function bytes(...parts: readonly (string | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  return new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...encoder.encode(part)] : part),
  );
}

const IN_FRONT = `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[],"x":`;

for (
  const [what, body] of [
    ["100,000 open lists", "[".repeat(100_000)],
    ["4 MB of open lists", "[".repeat(4 * MIB)],
    ["4 MB of open objects", '{"a":'.repeat(800_000)],
    [
      "a million lists, opened and closed",
      `${IN_FRONT}${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`,
    ],
    ["101 levels", `${IN_FRONT}${"[".repeat(101)}${"]".repeat(101)}}`],
    ["levels that are closed first", `${"]".repeat(1000)}${"[".repeat(500)}`],
    [
      "levels behind a string with quotes",
      `${IN_FRONT}"\\"\\\\","y":${"[".repeat(200)}${"]".repeat(200)}}`,
    ],
    ["a string without an end", `${IN_FRONT}"`],
    ["a backslash at the end", `${IN_FRONT}"\\`],
    ["no UTF-8", bytes(`${IN_FRONT}"`, [0xc3, 0x28], '"}')],
    ["a byte order mark", `\ufeff${IMAGE}`],
    ["nothing", ""],
    ["white space", "\n\n"],
    ["two documents", `${IMAGE}${IMAGE}`],
  ] as readonly (readonly [string, Body])[]
) {
  Deno.test(`a manifest of ${what} is refused`, async () => {
    await inRegistry(async (port) => {
      const reply = await put(port, body, OCI);
      assertEquals([reply.status, reply.code], [400, "MANIFEST_INVALID"]);
      assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).status, 404);
    });
  });
}

Deno.test("brackets in a string are no levels, and 90 levels are few enough", async () => {
  await inRegistry(async (port) => {
    const brackets = `${IN_FRONT}"${"[".repeat(5_000)}"}`;
    assertEquals((await put(port, brackets, OCI)).status, 201);
    const levels = `${IN_FRONT}${"[".repeat(90)}${"]".repeat(90)}}`;
    assertEquals((await put(port, levels, OCI)).status, 201);
  });
});

Deno.test("keys that mean something to JavaScript are keys", async () => {
  await inRegistry(async (port) => {
    const body =
      `{"__proto__":{"layers":[{"digest":"x"}]},"constructor":{"prototype":{"config":1}},"schemaVersion":2,` +
      `"config":${
        JSON.stringify(config)
      },"layers":[],"annotations":{"__proto__":"a","toString":"b"}}`;
    assertEquals((await put(port, body, OCI)).status, 201);
    assertEquals((await ask(port, "GET", "/v2/r/manifests/x")).text, body);
    // An object that inherits what it doesn't have itself would pass.
    const inherited = `{"__proto__":{"schemaVersion":2,"config":${
      JSON.stringify(config)
    },"layers":[]}}`;
    assertEquals((await put(port, inherited, OCI)).status, 400);
  });
});
