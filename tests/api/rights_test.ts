import { assert, assertEquals } from "@std/assert";
import type { AccessController, Refusal } from "../../src/auth/access_controller.ts";
import type { AccessRule } from "../../src/auth/rules/rulebook.ts";
import { byRules } from "../../src/auth/rules/rules.ts";
import type { ROUTE_TABLE } from "../../src/api/route_table.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { name, tag, utf8 } from "../support/content.ts";
import { sha256 } from "../support/fake_registry.ts";
import { FakeUsers } from "../support/fake_users.ts";

const DIGEST = sha256("hello");

function refusing(refusal: Partial<Refusal>): AccessController {
  return { authorize: () => ({ granted: false, status: 401, ...refusal }) };
}

function ruled(...rules: readonly AccessRule[]) {
  const made = fakeApi({ access: byRules(rules, new FakeUsers()) });
  for (const text of ["a/x", "a/y", "b/x", "b/y", "c"]) {
    const repository = made.registry.repository(name(text));
    repository.blobs.add("hello");
    repository.manifests.put({ bytes: utf8(text), contentType: "t", tags: [tag("t")] });
  }
  const as = (user: string, target: string, method = "GET") =>
    answer(made.api, { method, target, headers: { authorization: `User ${user}` } });
  return { ...made, as };
}

Deno.test("a refusal says when to come again", async () => {
  const rows = [[429, "TOOMANYREQUESTS"], [503, "UNAVAILABLE"]] as const;
  for (const [status, code] of rows) {
    const { api } = fakeApi({ access: refusing({ status, retryAfter: 3, detail: "later" }) });
    const got = await answer(api, "/v2/r/tags/list");
    assertEquals([got.status, codeOf(got), got.got("retry-after")], [status, code, "3"]);
    assertEquals(got.got("www-authenticate"), undefined);
    assertEquals(JSON.parse(got.text).errors[0].detail, "later");
  }
  const { api } = fakeApi({ access: refusing({ status: 403 }) });
  assertEquals((await answer(api, "/v2/r/tags/list")).got("retry-after"), undefined);
});

Deno.test("the log has the user of a refusal too", async () => {
  for (const status of [403, 404] as const) {
    const { api } = fakeApi({ access: refusing({ status, user: "alice" }) });
    assertEquals((await answer(api, "/v2/r/tags/list")).notes["auth.user.name"], "alice");
  }
});

Deno.test("a refused write is refused with 404 when that is what the controller says", async () => {
  const { api, registry } = fakeApi({ access: refusing({ status: 404 }) });
  for (const method of ["PUT", "DELETE"]) {
    const got = await answer(api, { method, target: "/v2/r/manifests/t", body: "x" });
    assertEquals([got.status, codeOf(got), got.bodyTaken], [404, "NAME_UNKNOWN", false]);
  }
  assertEquals(registry.content.size, 0);
});

Deno.test("a 403 of a mount isn't asked about its source", async () => {
  let asked = 0;
  const access: AccessController = {
    authorize: () => (asked++, { granted: false, status: 403 }),
  };
  const { api } = fakeApi({ access });
  const target = `/v2/r/blobs/uploads/?mount=${DIGEST}&from=s`;
  const got = await answer(api, { method: "POST", target });
  assertEquals([got.status, asked], [403, 1]);
});

const PULL = { repositories: ["a/*"], users: ["alice"], actions: ["pull", "catalog"] } as const;
const PUSH = { repositories: ["c"], users: ["alice"], actions: ["push"] } as const;

Deno.test("the catalog names what the caller may pull, in pages of as many as were asked for", async () => {
  const { as } = ruled(PULL, { ...PULL, repositories: ["b/y"] }, {
    repositories: ["**"],
    users: ["root"],
    actions: ["catalog"],
  });
  const first = await as("alice", "/v2/_catalog?n=2");
  assertEquals(JSON.parse(first.text), { repositories: ["a/x", "a/y"] });
  assertEquals(first.got("link"), '</v2/_catalog?last=a%2Fy&n=2>; rel="next"');
  const second = await as("alice", "/v2/_catalog?last=a%2Fy&n=2");
  assertEquals(JSON.parse(second.text), { repositories: ["b/y"] });
  assertEquals(second.got("link"), undefined);
  const blind = await as("root", "/v2/_catalog");
  assertEquals(blind.text, '{"repositories":[]}\n');
  const stranger = await as("bob", "/v2/_catalog");
  assertEquals([stranger.status, codeOf(stranger)], [403, "DENIED"]);
});

Deno.test("a mount takes only what the caller may pull, wherever it is told to look", async () => {
  for (const [from, status] of [["&from=a/x", 201], ["&from=b/x", 202], ["", 201]] as const) {
    const { as } = ruled(PULL, PUSH);
    const target = `/v2/c/blobs/uploads/?mount=${sha256("hello")}${from}`;
    assertEquals((await as("alice", target, "POST")).status, status, from);
  }
  const { as } = ruled(PUSH);
  const target = `/v2/c/blobs/uploads/?mount=${sha256("hello")}`;
  assertEquals((await as("alice", target, "POST")).status, 202);
});

Deno.test("a robot that may only push learns nothing of what is there", async () => {
  const { as } = ruled({ ...PUSH, users: ["robot"] });
  const seen: [string, number][] = [];
  for (const path of [`blobs/${DIGEST}`, "manifests/t", "tags/list", `referrers/${DIGEST}`]) {
    seen.push([path, (await as("robot", `/v2/c/${path}`)).status]);
  }
  assertEquals(seen.map(([, status]) => status), [404, 404, 404, 200]);
  const upload = await as("robot", "/v2/c/blobs/uploads/", "POST");
  assertEquals(upload.status, 202);
});

Deno.test("each route tells the metrics its name once, other paths none", async () => {
  const started: string[] = [];
  const metrics = { ...NO_METRICS, requestStarted: (handler: string) => started.push(handler) };
  const targets: Readonly<Record<keyof typeof ROUTE_TABLE, string>> = {
    ping: "/v2/",
    catalog: "/v2/_catalog",
    tags: "/v2/r/tags/list",
    manifest: "/v2/r/manifests/t",
    blob: `/v2/r/blobs/${DIGEST}`,
    uploadStart: "/v2/r/blobs/uploads/",
    upload: "/v2/r/blobs/uploads/u",
    referrers: `/v2/r/referrers/${DIGEST}`,
  };
  const names = "base catalog tags manifest blob blob_upload blob_upload_chunk referrers".split(
    " ",
  );
  for (const access of [refusing({}), refusing({ status: 404 })]) {
    for (const method of ["GET", "OPTIONS", "TRACE"]) {
      started.length = 0;
      const { api } = fakeApi({ access, metrics });
      for (const target of Object.values(targets)) {
        const got = await answer(api, { method, target });
        assertEquals(got.resource, started.at(-1) as typeof got.resource);
      }
      assertEquals(started, names);
      for (const target of ["/", "/v2", "/nope", "/v2/r/blobs/sha256:abc"]) {
        assertEquals((await answer(api, { method, target })).resource, undefined);
      }
      assertEquals(started.length, names.length);
    }
  }
});

Deno.test("read-only can be turned on and off while the server runs", async () => {
  const readOnly = { isOn: false };
  const { api } = fakeApi({ readOnly });
  const start = async () => {
    const got = await answer(api, { method: "POST", target: "/v2/r/blobs/uploads/" });
    return [got.status, got.got("allow")];
  };
  assertEquals(await start(), [202, undefined]);
  const upload = "/v2/r/blobs/uploads/upload-0";
  readOnly.isOn = true;
  assertEquals(await start(), [405, "GET, HEAD"]);
  for (const method of ["PATCH", "PUT", "DELETE"]) {
    const got = await answer(api, { method, target: upload, body: "hello" });
    assertEquals([got.status, got.got("allow"), got.bodyTaken], [405, "GET, HEAD", false]);
  }
  assertEquals((await answer(api, upload)).status, 204);
  readOnly.isOn = false;
  assertEquals((await answer(api, { method: "PATCH", target: upload, body: "hello" })).status, 202);
  const put = { method: "PUT", target: `${upload}?digest=${DIGEST}` };
  assertEquals((await answer(api, put)).status, 201);
});

Deno.test("a chunk that is on its way when read-only comes is taken, the next one is not", async () => {
  const readOnly = { isOn: false };
  const { api, registry } = fakeApi({ readOnly });
  await answer(api, { method: "POST", target: "/v2/r/blobs/uploads/" });
  const session = registry.repository(name("r")).blobs.uploads.get("upload-0");
  assert(session);
  const append = session.append.bind(session);
  session.append = (...parts) => {
    readOnly.isOn = true;
    return append(...parts);
  };
  const patch = {
    method: "PATCH",
    target: "/v2/r/blobs/uploads/upload-0",
    body: [utf8("hel"), utf8("lo")],
  };
  assertEquals((await answer(api, patch)).status, 202);
  assertEquals(session.offset, 5);
  assertEquals((await answer(api, patch)).status, 405);
  assertEquals(session.offset, 5);
});
