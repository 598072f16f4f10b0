import { assertEquals } from "@std/assert";
import { accepts, wantsSingleImage } from "../../src/api/accept.ts";
import { DOCKER_IMAGE, DOCKER_LIST, OCI_INDEX } from "../../src/oci/media_type.ts";

const CASES: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, true],
  ["*/*", true],
  ["application/*", true],
  ["text/*", false],
  ["", false],
  [DOCKER_LIST, true],
  [DOCKER_LIST.toUpperCase(), true],
  [`${DOCKER_IMAGE}, ${DOCKER_LIST};q=0.1`, true],
  [`${DOCKER_LIST};q=0`, false],
  [`${DOCKER_LIST}; q=0.000`, false],
  [`${DOCKER_LIST};Q=0, */*`, false],
  [`*/*, ${DOCKER_LIST};q=0`, false],
  [`application/*;q=0, */*`, false],
  [`*/*;q=0, ${DOCKER_LIST}`, true],
  [`${DOCKER_LIST};charset=utf-8;q=1`, true],
  [`${DOCKER_LIST};q=x`, false],
  [DOCKER_IMAGE, false],
  [`${DOCKER_LIST}, ${DOCKER_LIST};q=0`, true],
  [",;,=;q", false],
];

for (const [header, expected] of CASES) {
  Deno.test(`accepts() says ${expected} to a docker list for Accept: ${header}`, () => {
    assertEquals(accepts(header, DOCKER_LIST), expected);
  });
}

Deno.test("wantsSingleImage() is for clients that name an image type and no list", () => {
  assertEquals(wantsSingleImage(undefined), false);
  assertEquals(wantsSingleImage("*/*"), false);
  assertEquals(wantsSingleImage("text/html"), false);
  assertEquals(wantsSingleImage(`${DOCKER_IMAGE}, ${OCI_INDEX}`), false);
  assertEquals(wantsSingleImage(DOCKER_IMAGE), true);
  assertEquals(wantsSingleImage(`${DOCKER_IMAGE}, ${DOCKER_LIST};q=0, ${OCI_INDEX};q=0`), true);
});
