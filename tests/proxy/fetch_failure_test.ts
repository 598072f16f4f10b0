import { assert, assertEquals } from "@std/assert";
import { explainFetchFailure } from "../../src/proxy/fetch_failure.ts";

const explain = (cause: string) =>
  explainFetchFailure(new TypeError("fetch failed", { cause: new Error(cause) }));

Deno.test("explainFetchFailure() knows what Deno says, and lets no URL out", () => {
  const url = "https://cdn.test/x?X-Signature=abcdef";
  const cases = {
    "client error (Connect): dns error: failed to lookup address information":
      "its name cannot be resolved",
    "client error (Connect): tcp connect error: Connection refused (os error 111)":
      "it refuses the connection",
    "client error (Connect): tcp connect error: Network is unreachable (os error 101)":
      "there is no way to it",
    "client error (Connect): invalid peer certificate: UnknownIssuer": "a CA that is not trusted",
    'client error (Connect): invalid peer certificate: certificate not valid for name "a"':
      "for another name",
    "client error (Connect): invalid peer certificate: certificate expired: verification time 1":
      "has expired",
    "client error (Connect): invalid peer certificate: certificate not valid yet: verification":
      "not valid yet",
    "client error (Connect): invalid peer certificate: BadEncoding":
      "its certificate is not accepted",
    "client error (SendRequest): connection closed before message completed":
      "closed the connection",
    "client error (SendRequest): invalid HTTP version parsed": "its answer is not HTTP",
    "client error (Connect): something new": "it cannot be connected to",
    "something new": "the connection to it failed",
  };
  for (const [said, reason] of Object.entries(cases)) {
    const explained = explain(`error sending request for url (${url}): ${said}`).reason;
    assert(explained.includes(reason), `${said}: ${explained}`);
    assert(!explained.includes("abcdef"));
  }
});

Deno.test("explainFetchFailure() isn't misled by what stands in the URL", () => {
  for (const part of ["proxy.test/invalid", "a.test/?Expired", "a.test/UnknownIssuer"]) {
    const { reason } = explain(`error sending request for url (https://${part}): something new`);
    assertEquals(reason, "the connection to it failed");
  }
  assertEquals(explainFetchFailure("odd").kind, "unreachable");
});
