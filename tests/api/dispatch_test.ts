import { assert, assertEquals } from "@std/assert";
import type { Access, AccessController, Decision } from "../../src/auth/access_controller.ts";
import { ROUTE_TABLE } from "../../src/api/route_table.ts";
import type { RouteKind } from "../../src/api/route.ts";
import { asRepositoryName } from "../../src/oci/reference.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { type FakeRegistry, sha256 } from "../support/fake_registry.ts";

const DIGEST = sha256("hello");
const METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/** One target of each kind; a kind without one does not compile. */
const TARGETS: Readonly<Record<RouteKind, string>> = {
  ping: "/v2/",
  catalog: "/v2/_catalog",
  tags: "/v2/r/tags/list",
  manifest: "/v2/r/manifests/t",
  blob: `/v2/r/blobs/${DIGEST}`,
  uploadStart: "/v2/r/blobs/uploads/",
  upload: "/v2/r/blobs/uploads/upload-0",
  referrers: `/v2/r/referrers/${DIGEST}`,
};

const KINDS = Object.keys(TARGETS) as RouteKind[];

/** Who must be asked for what, written down a second time on purpose: the authorization column of the route table. */
const PULL = "pull r";
const PUSH = "pull r, push r";
const ALLOWED: Readonly<Record<RouteKind, Readonly<Record<string, string>>>> = {
  ping: Object.fromEntries(METHODS.map((method) => [method, "ping"])),
  catalog: { GET: "catalog" },
  tags: { GET: PULL },
  manifest: { GET: PULL, HEAD: PULL, PUT: PUSH, DELETE: "delete r" },
  blob: { GET: PULL, HEAD: PULL, DELETE: "delete r" },
  uploadStart: { GET: PULL, HEAD: PULL, POST: PUSH, PUT: PUSH, PATCH: PUSH, DELETE: PUSH },
  upload: { GET: PULL, HEAD: PULL, PUT: PUSH, PATCH: PUSH, DELETE: PUSH },
  referrers: { GET: PULL },
};

function show(accesses: readonly Access[]): string {
  return accesses.map(({ action, repository }) => [action, repository].join(" ").trim()).join(", ");
}

/** Grants what `granted` says yes to, and remembers what it was asked. */
class FakeAccess implements AccessController {
  readonly asked: string[] = [];

  constructor(
    readonly granted: (access: Access) => boolean,
    readonly refusal: Partial<Extract<Decision, { granted: false }>> = {},
  ) {}

  authorize(_credentials: unknown, accesses: readonly Access[]): Promise<Decision> {
    this.asked.push(show(accesses));
    const granted = accesses.every(this.granted);
    return Promise.resolve(
      granted
        ? {
          granted,
          user: "alice",
          mayPull: (repository) => this.granted({ action: "pull", repository }),
        }
        : { granted, status: 401, challenge: `Basic realm="x"`, ...this.refusal },
    );
  }
}

const refuseAll = () => new FakeAccess(() => false);

Deno.test("the route table has the methods that are tested here", () => {
  for (const kind of KINDS) {
    const methods = Object.keys(ROUTE_TABLE[kind]);
    const expected = kind === "ping" ? ["anyMethod"] : Object.keys(ALLOWED[kind]);
    assertEquals(methods.sort(), expected.sort(), kind);
  }
});

for (const kind of KINDS) {
  for (const method of METHODS) {
    // A method that a route does not have still wants credentials, but no right.
    const expected = ALLOWED[kind][method] ?? "ping";

    Deno.test(`${method} ${kind} asks for "${expected}" and nothing happens without it`, async () => {
      const access = refuseAll();
      const { api, registry } = fakeApi({ access });
      const got = await answer(api, { method, target: TARGETS[kind], body: "x" });
      assertEquals(access.asked, [expected]);
      assertEquals(got.status, 401);
      assertEquals(got.got("www-authenticate"), `Basic realm="x"`);
      assertEquals(got.bodyTaken, false);
      assertEquals(registry.content.size, 0);
      if (method === "HEAD") return;
      const records = JSON.parse(got.text).errors[0].detail;
      const named = records?.map((r: { Action: string; Name: string }) => `${r.Action} ${r.Name}`);
      const wanted = expected === "ping" ? undefined : expected.replace(/^catalog$/, "* catalog");
      assertEquals(named?.join(", "), wanted);
    });

    if (ALLOWED[kind][method] !== undefined) continue;

    Deno.test(`${method} ${kind} is 405 in plain text with Allow`, async () => {
      const { api } = fakeApi();
      const got = await answer(api, { method, target: TARGETS[kind] });
      assertEquals(got.status, 405);
      assertEquals(got.got("allow"), Object.keys(ALLOWED[kind]).sort().join(", "));
      assertEquals(got.got("x-content-type-options"), "nosniff");
      assertEquals(got.got("content-type"), "text/plain; charset=utf-8");
      assertEquals(got.text, method === "HEAD" ? "" : "Method not allowed\n");
    });
  }

  Deno.test(`OPTIONS ${kind} needs no credentials and has the configured headers`, async () => {
    const access = refuseAll();
    const headers = { "Access-Control-Allow-Origin": ["https://ui.example"] };
    const { api } = fakeApi({ access, headers });
    const got = await answer(api, { method: "OPTIONS", target: TARGETS[kind] });
    assertEquals(got.status, 200);
    assertEquals(got.text, kind === "ping" ? "{}" : "");
    const allow = Object.keys(ALLOWED[kind]).sort().join(", ");
    assertEquals(got.got("allow"), kind === "ping" ? undefined : allow);
    assertEquals(got.got("access-control-allow-origin"), "https://ui.example");
    assertEquals(access.asked, []);
  });

  Deno.test(`a method that is no method is refused on ${kind}`, async () => {
    const { api } = fakeApi();
    for (const method of ["TRACE", "constructor", "__proto__", "anyMethod", "get"]) {
      const got = await answer(api, { method, target: TARGETS[kind] });
      assertEquals(got.status, kind === "ping" ? 200 : 405, method);
    }
  });

  Deno.test(`${kind} in read-only mode has no method that writes`, async () => {
    const { api } = fakeApi({ readOnly: { isOn: true } });
    const reads = Object.keys(ALLOWED[kind]).filter((method) => /GET|HEAD/.test(method)).sort();
    for (const method of ["DELETE", "PATCH", "POST", "PUT"]) {
      if (kind === "ping") continue;
      const got = await answer(api, { method, target: TARGETS[kind], body: "x" });
      assertEquals([got.status, got.got("allow")], [405, reads.join(", ")]);
    }
  });
}

Deno.test("a refusal with status 403 is DENIED, with 429 TOOMANYREQUESTS, with its own detail", async () => {
  for (const [status, code] of [[403, "DENIED"], [429, "TOOMANYREQUESTS"]] as const) {
    const access = new FakeAccess(() => false, { status, detail: "because" });
    const { api } = fakeApi({ access });
    const got = await answer(api, "/v2/r/tags/list");
    assertEquals([got.status, codeOf(got)], [status, code]);
    assertEquals(JSON.parse(got.text).errors[0].detail, "because");
  }
});

Deno.test("the detail of a 401 on /v2/ is null, as distribution writes it", async () => {
  const { api } = fakeApi({ access: refuseAll() });
  const got = await answer(api, "/v2/");
  assertEquals(
    got.text,
    '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}\n',
  );
});

Deno.test("the user goes into the log", async () => {
  const { api } = fakeApi({ access: new FakeAccess(() => true) });
  const got = await answer(api, "/v2/");
  assertEquals(got.notes, { "auth.user.name": "alice" });
});

const MOUNT = `/v2/r/blobs/uploads/?mount=${DIGEST}&from=source`;

function withSource(access: AccessController) {
  const { api, registry } = fakeApi({ access });
  const name = asRepositoryName("source");
  assert(name);
  registry.repository(name).blobs.add("hello");
  return { api, stored: () => storedIn(registry) };
}

function storedIn(registry: FakeRegistry): number {
  const name = asRepositoryName("r");
  assert(name);
  return registry.repository(name).blobs.stored.size;
}

Deno.test("a mount without any right is challenged for its source too", async () => {
  const { api } = withSource(refuseAll());
  const got = await answer(api, { method: "POST", target: MOUNT });
  assertEquals(got.status, 401);
  assertEquals(JSON.parse(got.text).errors[0].detail, [
    { Type: "repository", Class: "", Name: "r", Action: "pull" },
    { Type: "repository", Class: "", Name: "r", Action: "push" },
    { Type: "repository", Class: "", Name: "source", Action: "pull" },
  ]);
});

for (const target of [MOUNT, MOUNT.replace("&from=source", "")]) {
  Deno.test(`POST ${target.slice(-12)} mounts only from what the caller may pull`, async () => {
    const blind = withSource(new FakeAccess(({ repository }) => repository === "r"));
    assertEquals((await answer(blind.api, { method: "POST", target })).status, 202);
    assertEquals(blind.stored(), 0);
    const seeing = withSource(new FakeAccess(() => true));
    assertEquals((await answer(seeing.api, { method: "POST", target })).status, 201);
    assertEquals(seeing.stored(), 1);
  });
}

Deno.test("deletes that are disabled are 405 UNSUPPORTED, whatever is asked for", async () => {
  const { api, registry } = fakeApi({ deleteEnabled: false });
  const targets = ["manifests/t", `manifests/${DIGEST}`, `blobs/${DIGEST}`];
  for (const target of targets.map((path) => `/v2/r/${path}`)) {
    const got = await answer(api, { method: "DELETE", target });
    assertEquals([got.status, codeOf(got)], [405, "UNSUPPORTED"]);
  }
  assertEquals(registry.content.size, 0);
  await answer(api, { method: "POST", target: "/v2/r/blobs/uploads/" });
  const cancelled = await answer(api, { method: "DELETE", target: TARGETS.upload });
  assertEquals(cancelled.status, 204);
});

const VERSION = "docker-distribution-api-version";
const CONFIGURED = { headers: { "X-One": ["a", "b"] }, access: refuseAll() };

for (const method of METHODS) {
  Deno.test(`${method} / is 200 without credentials and without the registry's headers`, async () => {
    const { api } = fakeApi(CONFIGURED);
    const got = await answer(api, { method, target: "/" });
    assertEquals(got.status, 200);
    assertEquals([...got.answered], [["cache-control", ["no-cache"]], ["content-length", ["0"]]]);
  });
}

Deno.test("an unknown path is 404 in plain text, without credentials", async () => {
  const { api } = fakeApi(CONFIGURED);
  for (const target of ["/nope", "/v2/A/tags/list"]) {
    const got = await answer(api, target);
    assertEquals([got.status, got.text], [404, "404 page not found\n"]);
    assertEquals(got.got("content-type"), "text/plain; charset=utf-8");
    assertEquals(got.got("x-content-type-options"), "nosniff");
    assertEquals(got.got(VERSION), "registry/2.0");
    assertEquals(got.got("x-one"), undefined);
  }
});

Deno.test("a redirect is 301 with a body of HTML on GET, without credentials", async () => {
  const { api } = fakeApi(CONFIGURED);
  const got = await answer(api, "/v2?a=<b>&c");
  assertEquals([got.status, got.got("location")], [301, "/v2/?a=<b>&c"]);
  assertEquals(got.text, '<a href="/v2/?a=&lt;b&gt;&amp;c">Moved Permanently</a>.\n\n');
  assertEquals(got.got("content-type"), "text/html; charset=utf-8");
  assertEquals(got.got(VERSION), "registry/2.0");
  assertEquals(got.got("x-one"), undefined);
  for (const [method, target] of [["POST", "/v2/r/blobs/uploads"], ["GET", "/v2//"]] as const) {
    const bare = await answer(api, { method, target });
    assertEquals([bare.status, bare.text], [301, ""]);
    assertEquals(bare.got("content-type"), undefined);
  }
});

Deno.test("a bad digest is 400 whatever the method, with the configured headers", async () => {
  const { api } = fakeApi({ headers: { "X-One": ["a", "b"] } });
  for (const method of [...METHODS, "OPTIONS"]) {
    for (const noun of ["blobs", "manifests", "referrers"]) {
      const got = await answer(api, { method, target: `/v2/r/${noun}/sha256:abc` });
      assertEquals(got.status, 400);
      assertEquals(got.answered.get("x-one"), ["a", "b"]);
      assertEquals(got.got(VERSION), "registry/2.0");
    }
  }
});

Deno.test("the ping is exactly {} and has the registry's headers", async () => {
  const { api } = fakeApi({ headers: { "X-One": ["a"] } });
  const got = await answer(api, "/v2/");
  assertEquals([got.status, got.text], [200, "{}"]);
  assertEquals([...got.answered].sort(), [
    ["content-length", ["2"]],
    ["content-type", ["application/json"]],
    [VERSION, ["registry/2.0"]],
    ["x-one", ["a"]],
  ]);
});

Deno.test("methods on /blobs/uploads/ itself find no upload", async () => {
  const { api } = fakeApi();
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
    const got = await answer(api, { method, target: TARGETS.uploadStart });
    assertEquals([got.status, codeOf(got)], [404, "BLOB_UPLOAD_UNKNOWN"]);
  }
});

Deno.test("handlers are reached under a prefix, and Locations leave it to the composition", async () => {
  const { api } = fakeApi({ prefix: "/registry/" });
  const got = await answer(api, { method: "POST", target: "/registry/v2/r/blobs/uploads/" });
  assertEquals(got.got("location"), "http://test/v2/r/blobs/uploads/upload-0");
  assertEquals((await answer(api, "/v2/")).status, 404);
});
