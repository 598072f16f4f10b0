import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { partOf } from "../../src/proxy/blob_body.ts";
import { parseContentRange, parseLength, unsatisfiedTotal } from "../../src/proxy/content_range.ts";
import { descriptorsOf } from "../../src/proxy/descriptors.ts";
import { parseObject } from "../../src/proxy/json_document.ts";
import { nextLink } from "../../src/proxy/link_header.ts";

Deno.test("parseContentRange() takes what is a range and nothing else", () => {
  assertEquals(parseContentRange("bytes 5-9/20"), { start: 5, end: 10, total: 20 });
  assertEquals(parseContentRange("bytes 0-0/*"), { start: 0, end: 1, total: undefined });
  for (
    const odd of [
      null,
      "",
      "bytes 9-5/20",
      "bytes 5-20/20",
      "bytes */20",
      "5-9/20",
      "bytes 5-9",
      "bytes -5-9/20",
      "bytes 5-9/2e9",
      " bytes 5-9/20",
      "bytes 5-9/20, bytes 10-11/20",
    ]
  ) assertEquals(parseContentRange(odd), undefined);
  assertEquals(unsatisfiedTotal("bytes */20"), 20);
  assertEquals(unsatisfiedTotal("bytes 1-2/20"), undefined);
});

Deno.test("parseLength() takes plain numbers", () => {
  assertEquals(
    ["0", "5", null, "", "-1", "+5", "5, 5", "1e3", "0x5", "9".repeat(20)].map(parseLength),
    [
      ...[0, 5],
      ...new Array(8).fill(undefined),
    ],
  );
});

Deno.test("nextLink() finds rel=next among links", () => {
  assertEquals(nextLink('</v2/a/tags/list?last=b&n=2>; rel="next"'), "/v2/a/tags/list?last=b&n=2");
  assertEquals(nextLink("<x>; rel=next"), "x");
  assertEquals(
    nextLink('<a>; rel="prev", <b,c>; title="a, <b>; rel=next"; REL="last next"'),
    "b,c",
  );
  for (
    const odd of [
      null,
      "",
      "x; rel=next",
      '<x>; rel="prev"',
      "<x>",
      '<x>; title="rel=next"',
      "<x; rel=next",
    ]
  ) {
    assertEquals(`${odd}: ${nextLink(odd)}`, `${odd}: undefined`);
  }
});

Deno.test("nextLink() takes any text", () => {
  const pieces = fc.constantFrom(...'<|>|;|rel|=|next|"|\\|,| |x'.split("|"));
  fc.assert(fc.property(fc.array(pieces, { maxLength: 80 }), (all) => {
    const target = nextLink(all.join(""));
    assert(target === undefined || all.join("").includes(`<${target}>`));
  }));
  assertEquals(nextLink(`<${'>;"'.repeat(1_000)}`), undefined);
});

Deno.test("parseObject() takes objects that are not too deep, in UTF-8", () => {
  const parse = (text: string) => parseObject(new TextEncoder().encode(text));
  assertEquals(parse('{"a":[1]}'), { a: [1] });
  assertEquals(parse(`{"a":"${"[".repeat(200)}"}`), { a: "[".repeat(200) });
  for (
    const odd of [
      "",
      "[]",
      "null",
      "1",
      "{",
      "<html>",
      `{"a":${"[".repeat(200)}${"]".repeat(200)}}`,
    ]
  ) {
    assertEquals(parse(odd), undefined);
  }
  assertEquals(parseObject(new Uint8Array([0x7b, 0xff, 0x7d])), undefined);
});

Deno.test("descriptorsOf() leaves out what is no descriptor", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const good = { mediaType: "a/b", digest, size: 5 };
  const odd: unknown[] = [
    ...[1, null, "x", [], {}, { ...good, digest: "../../etc" }, { ...good, digest: 5 }, {
      ...good,
      size: -1,
    }],
    ...[{ ...good, size: 1.5 }, { ...good, size: "5" }, { ...good, mediaType: "a b" }, {
      ...good,
      mediaType: "",
    }],
  ];
  const full = { ...good, artifactType: "c/d", annotations: { a: "b", c: 5 }, urls: ["x"] };
  assertEquals(descriptorsOf({ manifests: [...odd, good, full] }), [
    good,
    { ...good, artifactType: "c/d", annotations: { a: "b" } },
  ] as unknown[]);
  assertEquals(descriptorsOf({ manifests: "x" }), []);
});

Deno.test("partOf() gives the part of a body that is asked for, however it is cut into chunks", async () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  const property = fc.asyncProperty(
    bytes,
    fc.nat(70),
    fc.nat(70),
    fc.integer({ min: 1, max: 9 }),
    async (body, skip, length, size) => {
      const chunks = async function* () {
        for (let at = 0; at < body.length; at += size) {
          yield new Uint8Array(body.subarray(at, at + size));
        }
      };
      const part = { skip, length, most: 1_000, goesOn: false };
      const errors = { tooShort: () => new Error("short"), tooLong: () => new Error("long") };
      const read = async () =>
        (await Array.fromAsync(partOf(chunks(), part, errors))).flatMap((c) => [...c]);
      if (skip + length > body.length) await assertRejects(read, Error, "short");
      else assertEquals(await read(), [...body.subarray(skip, skip + length)]);
    },
  );
  await fc.assert(property);
});
