import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../support/any_text.ts";
import { ifMatchNames, ifNoneMatchNames, ifRangeNames } from "../../src/http/conditional.ts";

const DIGEST = `sha256:${"a1".repeat(32)}`;
const ETAG = `"${DIGEST}"`;
const OTHER = `"sha256:${"00".repeat(32)}"`;

interface Row {
  readonly header: string;
  readonly none: boolean;
  readonly bare: boolean;
  readonly match: boolean;
}

const yes = (header: string): Row => ({ header, none: true, bare: true, match: true });
const no = (header: string): Row => ({ header, none: false, bare: false, match: false });
const weakOnly = (header: string): Row => ({ header, none: true, bare: true, match: false });
const bareOnly = (header: string): Row => ({ header, none: false, bare: true, match: false });

const ROWS: readonly Row[] = [
  yes(ETAG),
  yes("*"),
  yes(" * "),
  yes(`  ${ETAG}\t`),
  yes(`${OTHER}, ${ETAG}`),
  yes(`${OTHER},,\t,${ETAG},${OTHER}`),
  yes(`W/${ETAG}, ${ETAG}`),
  yes(`"a,b", ${ETAG}`),
  weakOnly(`W/${ETAG}`),
  weakOnly(`W/"x",W/${ETAG}`),
  bareOnly(DIGEST),
  bareOnly(`${OTHER}, ${DIGEST}`),
  bareOnly(`junk, ${ETAG}`),
  no(OTHER),
  no(`w/${ETAG}`),
  no(`"${DIGEST}`),
  no(`${DIGEST}"`.replace("sha256", "sha512")),
  no(`" ${DIGEST}"`),
  no(`"${DIGEST.toUpperCase()}"`),
  no(`"${DIGEST}0"`),
  no(`""`),
  no(`"*"`),
  no(","),
];

for (const { header, none, bare, match } of ROWS) {
  const shown = header.replaceAll("a1".repeat(32), "…").replaceAll("00".repeat(32), "0…");
  Deno.test(`a list of entity tags like ${JSON.stringify(shown)} is compared weakly, strongly and without quotes`, () => {
    assertEquals(ifNoneMatchNames(header, ETAG), none);
    assertEquals(ifNoneMatchNames(header, ETAG, { bare: true }), bare);
    assertEquals(ifMatchNames(header, ETAG), match);
  });
}

Deno.test("an empty header is no condition", () => {
  assertEquals(ifNoneMatchNames("", ETAG), false);
  assertEquals(ifMatchNames("", ETAG), true);
  assertEquals(ifRangeNames("", ETAG), true);
});

Deno.test("ifRangeNames() wants the one entity tag, strong and quoted", () => {
  assertEquals(ifRangeNames(ETAG, ETAG), true);
  assertEquals(ifRangeNames(` ${ETAG} `, ETAG), true);
  const others = [
    OTHER,
    DIGEST,
    `W/${ETAG}`,
    "*",
    `${ETAG}, ${OTHER}`,
    "Sat, 21 Nov 2026 03:58:46 GMT",
  ];
  for (const header of others) assertEquals(ifRangeNames(header, ETAG), false, header);
});

Deno.test("a list names an entity tag exactly when it is one of its elements", () => {
  const tag = fc.tuple(fc.boolean(), fc.stringMatching(/^[!#-+\--~,]{0,6}$/))
    .map(([weak, text]) => ({ weak, tag: `"${text}"` }));
  fc.assert(fc.property(fc.array(tag, { maxLength: 8 }), tag, (tags, { tag }) => {
    const header = tags.map(({ weak, tag }) => (weak ? "W/" : "") + tag).join(", ");
    const named = tags.filter((each) => each.tag === tag);
    assertEquals(ifNoneMatchNames(header, tag), named.length > 0);
    assertEquals(ifMatchNames(header, tag), header === "" || named.some(({ weak }) => !weak));
  }));
});

Deno.test("no header makes a condition throw", () => {
  fc.assert(fc.property(anyText, (header) => {
    ifNoneMatchNames(header, ETAG, { bare: true });
    ifMatchNames(header, ETAG);
    ifRangeNames(header, ETAG);
  }));
});
