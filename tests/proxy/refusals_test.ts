import { assertEquals } from "@std/assert";
import { refusalOf, warningOf } from "../../src/proxy/refusals.ts";
import { UpstreamError, type UpstreamFailure } from "../../src/proxy/upstream.ts";

const KINDS: Readonly<Record<UpstreamFailure, true>> = {
  ...{ unreachable: true, timeout: true, failing: true, open: true, limited: true, denied: true },
  lying: true,
};

Deno.test("no refusal is a 401, a 404 or a 500, and none carries what upstream answered as its own", () => {
  for (const kind of Object.keys(KINDS) as UpstreamFailure[]) {
    for (const status of [401, 403, 404, 418, 500]) {
      const refusal = refusalOf(new UpstreamError("quay.io", kind, "no", { status }));
      assertEquals([401, 404, 500].includes(refusal.status), false, kind);
      assertEquals(refusal.headers["Www-Authenticate"], undefined);
      assertEquals(refusal.cause, undefined, "a client's request is no fault of ours");
    }
  }
});

Deno.test("Retry-After is upstream's, in whole seconds from 0 to 5", () => {
  for (const [theirs, ours] of [[undefined, "5"], [0, "0"], [4, "4"], [60, "5"]] as const) {
    const options = theirs === undefined ? {} : { retryAfter: theirs };
    const refusal = refusalOf(new UpstreamError("quay.io", "limited", "no", options));
    assertEquals(refusal.headers, { "Retry-After": ours });
  }
});

Deno.test("a warning names the upstream and the reason", () => {
  assertEquals(
    warningOf(new UpstreamError("quay.io", "failing", "it answered 500")),
    "served from the cache, quay.io could not be asked whether it is still current: it answered 500",
  );
});
