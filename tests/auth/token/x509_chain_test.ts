import { assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { parseX5c, trustedLeaf } from "../../../src/auth/token/x509_chain.ts";
import { Certificates } from "../../support/certificates.ts";
import { x5cOf } from "../../support/jws.ts";
import { toolTest } from "../../support/tools.ts";

const NEEDS = { tools: ["openssl"] };
const DAY = 86_400_000;

function read(path: string): X509Certificate[] {
  return x5cOf(path).map((text) => new X509Certificate(Uint8Array.fromBase64(text)));
}

toolTest(
  NEEDS,
  "trustedLeaf() gives the first certificate until the first on its way ends",
  async () => {
    await using ca = await Certificates.make();
    const middle = await ca.issue("middle", { use: "ca", until: 3 });
    const leaf = await ca.issue("leaf", { issuer: middle, until: 9 });
    const chain = read(leaf.certificate);
    const roots = read(ca.root.certificate);
    const trusted = trustedLeaf(chain, roots, Date.now());
    assertEquals(trusted?.leaf.subject, "CN=leaf");
    assertEquals(trusted?.until, chain[1]?.validToDate.getTime());
    assertEquals(trustedLeaf(chain, roots, Date.now() + 2 * DAY)?.leaf.subject, "CN=leaf");
    assertEquals(trustedLeaf(chain, roots, Date.now() + 4 * DAY), undefined);
    assertEquals(trustedLeaf(chain, roots, Date.now() - 31 * DAY), undefined);
  },
);

toolTest(NEEDS, "trustedLeaf() trusts no root that has ended", async () => {
  await using ca = await Certificates.make();
  const old = await ca.issue("old", { use: "ca", until: 1 });
  const leaf = await ca.issue("leaf", { issuer: old, until: 99 });
  const [certificate] = read(leaf.certificate);
  const roots = read(old.certificate).slice(0, 1);
  const chain = certificate === undefined ? [] : [certificate];
  assertEquals(trustedLeaf(chain, roots, Date.now()) !== undefined, true);
  assertEquals(trustedLeaf(chain, roots, Date.now() + 2 * DAY), undefined);
  assertEquals(trustedLeaf(roots, roots, Date.now()) !== undefined, true);
  assertEquals(trustedLeaf(roots, roots, Date.now() + 2 * DAY), undefined);
});

toolTest(NEEDS, "trustedLeaf() trusts nothing without roots, and no empty chain", async () => {
  await using ca = await Certificates.make();
  const leaf = await ca.issue("leaf");
  assertEquals(trustedLeaf(read(leaf.certificate), [], Date.now()), undefined);
  assertEquals(trustedLeaf([], read(ca.root.certificate), Date.now()), undefined);
});

toolTest(NEEDS, "trustedLeaf() finds the root among others of its name", async () => {
  await using ca = await Certificates.make();
  await using twin = await Certificates.make();
  const leaf = await ca.issue("leaf", { use: "ca" });
  const below = await ca.issue("below", { issuer: leaf });
  const roots = [...read(twin.root.certificate), ...read(ca.root.certificate)];
  assertEquals(trustedLeaf(read(below.certificate), roots, Date.now()) !== undefined, true);
  assertEquals(trustedLeaf(read(below.certificate), roots.slice(0, 1), Date.now()), undefined);
});

Deno.test("parseX5c() is undefined for what is no list of certificates", () => {
  for (
    const x5c of [
      undefined,
      null,
      "MIIB",
      {},
      [],
      [7],
      ["*"],
      ["AAAA"],
      [""],
      Array(9).fill("AAAA"),
    ]
  ) {
    assertEquals(parseX5c(x5c), undefined);
  }
});
