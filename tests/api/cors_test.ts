import { assert, assertEquals } from "@std/assert";
import { everyUser } from "../../src/auth/every_user.ts";
import { answer, fakeApi } from "../support/api.ts";
import { ask } from "../support/ask.ts";
import { sha256 } from "../support/fake_registry.ts";
import { FakeUsers } from "../support/fake_users.ts";
import { InProcessServer } from "../support/in_process.ts";

const UI = "http://127.0.0.1:8000";
const OTHER = "https://other.example";
const DIGEST = sha256("hello");

/** As the README of Joxit's docker-registry-ui sets them. */
const JOXIT = {
  "X-Content-Type-Options": ["nosniff"],
  "Access-Control-Allow-Origin": [UI],
  "Access-Control-Allow-Methods": ["HEAD", "GET", "OPTIONS", "DELETE"],
  "Access-Control-Allow-Headers": ["Authorization", "Accept", "Cache-Control"],
  "Access-Control-Max-Age": ["1728000"],
  "Access-Control-Allow-Credentials": ["true"],
  "Access-Control-Expose-Headers": ["Docker-Content-Digest"],
};
const CORS = Object.keys(JOXIT).filter((name) => name.startsWith("Access-"));

const PATHS = [
  "/v2/",
  "/v2/_catalog",
  "/v2/r/tags/list",
  "/v2/r/manifests/t",
  `/v2/r/manifests/${DIGEST}`,
  `/v2/r/blobs/${DIGEST}`,
  "/v2/r/blobs/uploads/",
  `/v2/r/referrers/${DIGEST}`,
];

for (const authorization of [undefined, "User alice", "Wrong"]) {
  Deno.test(`a preflight with ${authorization ?? "no credentials"} passes on every route`, async () => {
    const users = new FakeUsers();
    const { api } = fakeApi({ access: everyUser(users), headers: JOXIT });
    for (const target of PATHS) {
      const headers = {
        origin: UI,
        "access-control-request-method": "DELETE",
        "access-control-request-headers": "authorization",
        ...(authorization !== undefined && { authorization }),
      };
      const got = await answer(api, { method: "OPTIONS", target, headers });
      assertEquals(got.status, 200, target);
      for (const [name, values] of Object.entries(JOXIT)) {
        assertEquals(got.answered.get(name.toLowerCase()), values, `${target} ${name}`);
      }
      assertEquals(got.got("vary"), "Origin");
    }
    assertEquals(users.asked, 0);
  });
}

Deno.test("every answer that a page may get names its origin, errors and redirects too", async () => {
  await using server = await InProcessServer.start({
    access: everyUser(new FakeUsers()),
    headers: JOXIT,
    deleteEnabled: false,
  });
  const alice = { Authorization: "User alice" };
  const large = new Uint8Array(5 * 1024 * 1024);
  const cases: readonly [number, string, string, Parameters<typeof ask>[3]][] = [
    [200, "GET", "/v2/", { headers: alice }],
    [401, "GET", "/v2/", {}],
    [401, "GET", "/v2/_catalog", {}],
    [429, "GET", "/v2/_catalog", { headers: { Authorization: "Busy" } }],
    [404, "GET", "/v2/r/manifests/t", { headers: alice }],
    [404, "HEAD", "/v2/r/manifests/t", { headers: alice }],
    [400, "GET", "/v2/r/manifests/sha256:abc", { headers: alice }],
    [405, "DELETE", "/v2/r/manifests/t", { headers: alice }],
    [405, "DELETE", "/v2/_catalog", { headers: alice }],
    [413, "PUT", "/v2/r/manifests/t", { headers: alice, body: large }],
    [301, "GET", "/v2", {}],
    [301, "GET", "/v2/_catalog/", { headers: alice }],
    [404, "GET", "/nope", {}],
  ];
  for (const [status, method, target, question = {}] of cases) {
    const headers = { ...question.headers, Origin: UI };
    const got = await ask(server.port, method, target, { ...question, headers });
    assertEquals(got.status, status, `${method} ${target}`);
    const names = got.headers.map(([name]) => name);
    for (const name of CORS) assert(names.includes(name), `${method} ${target} ${status} ${name}`);
    assertEquals(got.header("access-control-allow-origin"), UI);
  }
  assertEquals(server.faults, []);
});

Deno.test("a 500 names the origin too", async () => {
  await using server = await InProcessServer.start({
    access: { authorize: () => Promise.reject(new Error("broken")) },
    headers: JOXIT,
  });
  const got = await ask(server.port, "GET", "/v2/", { headers: { Origin: UI } });
  assertEquals([got.status, got.header("access-control-allow-origin")], [500, UI]);
});

/** Allow-Origin and Vary of an answer to a page of `origin`. */
async function namedFor(
  headers: Record<string, readonly string[]>,
  origin?: string,
): Promise<readonly [string[] | undefined, string[] | undefined]> {
  const { api } = fakeApi({ headers });
  const got = await answer(api, { target: "/v2/", ...(origin && { headers: { origin } }) });
  return [got.answered.get("access-control-allow-origin"), got.answered.get("vary")];
}

const ALLOW = "Access-Control-Allow-Origin";
const VARY = ["Origin"];

Deno.test("any origin is named as such, and does not vary", async () => {
  assertEquals(await namedFor({ [ALLOW]: ["*"] }, UI), [["*"], undefined]);
  assertEquals(await namedFor({ [ALLOW]: ["*"] }), [["*"], undefined]);
});

Deno.test("a single origin is named to everybody", async () => {
  for (const origin of [UI, OTHER, undefined]) {
    assertEquals(await namedFor({ [ALLOW]: [UI] }, origin), [[UI], VARY]);
  }
});

Deno.test("of several origins the one that asks is named, and to others none", async () => {
  const forms: Record<string, readonly string[]>[] = [
    { [ALLOW]: [UI, OTHER] },
    { [ALLOW]: [`${UI}, ${OTHER}`] },
    { [ALLOW]: [`${UI} ${OTHER}`] },
    // the environment's spelling beside the file's
    { [ALLOW]: [UI], "access-control-allow-origin": [OTHER] },
  ];
  for (const headers of forms) {
    assertEquals(await namedFor(headers, UI), [[UI], VARY]);
    assertEquals(await namedFor(headers, OTHER), [[OTHER], VARY]);
    for (const origin of [undefined, "null", "http://127.0.0.1", `${UI}1`, `${UI}.evil.example`]) {
      assertEquals(await namedFor(headers, origin), [undefined, VARY]);
    }
  }
});

Deno.test("a star beside origins is for those that are not listed", async () => {
  const headers = { [ALLOW]: [UI, "*"] };
  assertEquals(await namedFor(headers, UI), [[UI], VARY]);
  assertEquals(await namedFor(headers, OTHER), [["*"], VARY]);
});

Deno.test("a Vary that says so already is not said twice", async () => {
  const headers = { [ALLOW]: [UI], Vary: ["Accept, Origin"] };
  assertEquals(await namedFor(headers, UI), [[UI], ["Accept, Origin"]]);
});

Deno.test("without an allowed origin nothing is added", async () => {
  assertEquals(await namedFor({ "X-One": ["a"] }, UI), [undefined, undefined]);
  assertEquals(await namedFor({ [ALLOW]: [] }, UI), [undefined, undefined]);
});

Deno.test("`GET /` says nothing of origins, and a redirect no other configured header", async () => {
  const { api } = fakeApi({ headers: JOXIT });
  assertEquals((await answer(api, "/")).got(ALLOW), undefined);
  assertEquals((await answer(api, "/v2")).got("x-content-type-options"), undefined);
});
