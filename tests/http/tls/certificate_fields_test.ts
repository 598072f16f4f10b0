import { X509Certificate } from "node:crypto";
import { assertEquals, assertThrows } from "@std/assert";
import { readCertificateFields } from "../../../src/http/tls/certificate_fields.ts";
import { Certificates } from "../../support/certificates.ts";
import { attempt } from "../../support/process.ts";
import { toolTest } from "../../support/tools.ts";

const SUBJECTS: readonly [openssl: string, text: string][] = [
  ["/CN=alice", "CN=alice"],
  ["/C=DE/O=Example, Inc./OU=a\\+b/CN=Zoë", "CN=Zoë,OU=a\\+b,O=Example\\, Inc.,C=DE"],
  ['/CN= #x<y>;"z"\\\\ ', 'CN=\\ #x\\<y\\>\\;\\"z\\"\\\\\\ '],
  ["/CN=two\nlines\u202e", "CN=two\\0alines\\e2\\80\\ae"],
  ["/CN=#first", "CN=\\#first"],
];

toolTest(
  { tools: ["openssl"] },
  "a subject is one line in the form of RFC 2253, whatever it holds",
  async () => {
    await using authority = await Certificates.make();
    for (const [subject, text] of SUBJECTS) {
      const path = authority.folder.at("a.pem");
      const { success, stderr } = await attempt([
        ...["openssl", "req", "-x509", "-utf8", "-key", authority.root.key, "-out", path],
        ...["-subj", subject],
      ]);
      assertEquals([success, stderr], [true, ""]);
      const { raw } = new X509Certificate(await Deno.readTextFile(path));
      assertEquals(readCertificateFields(raw), { version: 3, subject: text });
    }
  },
);

toolTest(
  { tools: ["openssl"] },
  "a certificate that is cut anywhere is an error, and no crash",
  async () => {
    await using authority = await Certificates.make();
    const { certificate } = await authority.issue("old", { version1: true });
    const { raw } = new X509Certificate(await Deno.readTextFile(certificate));
    assertEquals(readCertificateFields(raw), { version: 1, subject: "CN=old" });
    for (let length = 0; length < raw.length; length++) {
      assertThrows(() => readCertificateFields(raw.subarray(0, length)), RangeError);
    }
  },
);
