import { assertEquals } from "@std/assert";
import { describeOldRuntime, refuseTlsOn } from "../../src/cli/runtime.ts";

Deno.test("describeOldRuntime() warns below the version that everything was tested on", () => {
  for (const version of ["2.9.5", "2.6.10", "1.46.3"]) {
    assertEquals(typeof describeOldRuntime(version), "string", version);
  }
  for (const version of ["2.9.6", "2.9.10", "2.10.0", "3.0.0"]) {
    assertEquals(describeOldRuntime(version), undefined, version);
  }
});

Deno.test("refuseTlsOn() refuses TLS where client certificates are not asked for", () => {
  assertEquals(typeof refuseTlsOn("2.9.5"), "string");
  assertEquals(typeof refuseTlsOn("2.6.10"), "string");
  assertEquals(refuseTlsOn("2.9.6"), undefined);
});
