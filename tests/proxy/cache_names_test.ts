// How clients name the repositories of upstreams, through the API: `?ns=`, first components, Host, `library/`.
import { assertEquals } from "@std/assert";
import type { AccessRule } from "../../src/auth/rules/rulebook.ts";
import { byRules } from "../../src/auth/rules/rules.ts";
import { codeOf } from "../support/api.ts";
import { CacheWorld, type CacheWorldOptions } from "../support/cache_world.ts";
import { name, pushBlob } from "../support/content.ts";
import { FakeUsers } from "../support/fake_users.ts";
import { makeImage } from "../support/images.ts";

const image = makeImage({ layers: [100] });
const { digest } = image.manifest.descriptor;

const UPSTREAMS = [
  { namespace: "", library: true },
  { namespace: "ghcr.io", hosts: ["ghcr.example"] },
];

function makeWorld(api: CacheWorldOptions["api"] = {}): CacheWorld {
  const world = new CacheWorld({ upstreams: UPSTREAMS, api });
  world.hub.push("library/redis", image, "7");
  world.upstreams.get("ghcr.io")?.push("org/app", image, "1");
  return world;
}

Deno.test("one repository, however it is named: one fetch, one place on disk", async () => {
  const world = makeWorld();
  const rows = [
    ["/v2/ghcr.io/org/app/manifests/1", {}, undefined],
    ["/v2/org/app/manifests/1?ns=ghcr.io", {}, "ghcr.io"],
    ["/v2/org/app/manifests/1?x=1&ns=GHCR.io", {}, "ghcr.io"],
    ["/v2/ghcr.io/org/app/manifests/1?ns=ghcr.io", {}, "ghcr.io"],
    ["/v2/org/app/manifests/1", { host: "ghcr.example:5000" }, undefined],
    ["/v2/org/app/manifests/1?ns=", { host: "ghcr.example" }, undefined],
  ] as const;
  for (const [target, headers, namespace] of rows) {
    const got = await world.ask({ target, headers });
    assertEquals(got.status, 200, target);
    assertEquals(got.got("oci-namespace"), namespace, target);
    assertEquals(got.notes["vars.name"], "ghcr.io/org/app", target);
  }
  assertEquals(world.upstreams.get("ghcr.io")?.count("manifest"), 1);
  const { repositories } = JSON.parse((await world.ask("/v2/_catalog")).text);
  assertEquals(repositories, ["ghcr.io/org/app"]);
  await world.close();
});

Deno.test("Docker Hub's names of one component are those of library/, with and without ns", async () => {
  const world = makeWorld();
  for (
    const target of [
      ...["/v2/redis/manifests/7", "/v2/library/redis/manifests/7"],
      ...["/v2/redis/manifests/7?ns=docker.io", "/v2/library/redis/manifests/7?ns=docker.io"],
      `/v2/library/redis/manifests/${digest}?ns=registry-1.docker.io`,
    ]
  ) {
    assertEquals((await world.ask(target)).status, 200, target);
  }
  assertEquals(world.hub.count("manifest"), 1);
  await world.close();
});

Deno.test("ns is answered on every route, on errors too", async () => {
  const world = makeWorld();
  const blob = image.blobs[0]?.descriptor.digest;
  const rows = [
    ["GET", `manifests/${digest}`, 200],
    ["HEAD", "manifests/1", 200],
    ["GET", `blobs/${blob}`, 200],
    ["HEAD", `blobs/${blob}`, 200],
    ["GET", "tags/list", 200],
    ["GET", `referrers/${digest}`, 200],
    ["GET", "manifests/absent", 404],
    ["POST", "blobs/uploads/", 405],
  ] as const;
  for (const [method, path, status] of rows) {
    const got = await world.ask({ method, target: `/v2/org/app/${path}?ns=ghcr.io` });
    assertEquals([got.status, got.got("oci-namespace")], [status, "ghcr.io"], path);
  }
  const tags = await world.ask("/v2/org/app/tags/list?ns=ghcr.io");
  assertEquals(tags.text, '{"name":"org/app","tags":["1"]}\n');
  await world.close();
});

Deno.test("nothing of a strange ns gets into a header or to an upstream", async () => {
  const world = makeWorld();
  for (
    const ns of [
      "evil.example",
      "ghcr.io%0d%0aX-Evil:1",
      "docker.io/library",
      "%E2%84%AAuay.io",
      "localhost",
    ]
  ) {
    const got = await world.ask(`/v2/org/app/manifests/1?ns=${ns}`);
    assertEquals([got.status, codeOf(got)], [404, "NAME_UNKNOWN"], ns);
    assertEquals(got.got("oci-namespace"), undefined);
  }
  const long = await world.ask(`/v2/${"a".repeat(250)}/manifests/1?ns=ghcr.io`);
  assertEquals([long.status, codeOf(long)], [404, "NAME_UNKNOWN"]);
  for (const upstream of world.upstreams.values()) assertEquals(upstream.asked, []);
  await world.close();
});

const RULES: readonly AccessRule[] = [
  { repositories: ["ghcr.io/org/*"], users: ["alice"], actions: ["pull"] },
  { repositories: ["org/*"], users: ["bob"], actions: ["pull"] },
];

Deno.test("access rules hold for the name under which a repository is kept, however it is asked for", async () => {
  const world = makeWorld({ access: byRules(RULES, new FakeUsers()) });
  const ghcr = world.upstreams.get("ghcr.io");
  world.hub.push("org/app", image, "1");
  const ways = [
    ["/v2/ghcr.io/org/app/", "", {}],
    ["/v2/org/app/", "?ns=ghcr.io", {}],
    ["/v2/org/app/", "", { host: "ghcr.example" }],
  ] as const;
  for (const [start, query, host] of ways) {
    for (const path of ["manifests/1", "tags/list", `blobs/${image.blobs[0]?.descriptor.digest}`]) {
      const as = (user: string) =>
        world.ask({
          target: start + path + query,
          headers: { ...host, authorization: `User ${user}` },
        });
      const before = ghcr?.asked.length;
      const hidden = await as("bob");
      assertEquals(hidden.status, 404, `bob ${start}${path}${query}`);
      assertEquals(ghcr?.asked.length, before, "nothing is fetched for who may not have it");
      assertEquals((await as("alice")).status, 200, `alice ${start}${path}${query}`);
    }
  }
  const hub = { authorization: "User bob" };
  assertEquals((await world.ask({ target: "/v2/org/app/manifests/1", headers: hub })).status, 200);
  const alice = { authorization: "User alice" };
  assertEquals(
    (await world.ask({ target: "/v2/org/app/manifests/1", headers: alice })).status,
    404,
  );
  await world.close();
});

Deno.test("the source of a mount is named as its target is", async () => {
  const world = new CacheWorld({
    upstreams: [{ namespace: "ghcr.io", hosts: ["ghcr.example"] }],
    api: { names: ({ name: asked }) => ({ name: name(`kept/${asked}`) }) },
  });
  const blob = await pushBlob(world.local.repository(name("kept/a")), "hello");
  const mount = (from: string) =>
    world.ask({ method: "POST", target: `/v2/b/blobs/uploads/?mount=${blob}&from=${from}` });
  const got = await mount("a");
  assertEquals([got.status, got.got("location")], [201, `http://test/v2/kept/b/blobs/${blob}`]);
  assertEquals((await mount("kept/a")).status, 202);
  await world.close();
});

Deno.test("a mount from a name that cannot be is an upload", async () => {
  const world = new CacheWorld({
    upstreams: [{ namespace: "ghcr.io" }],
    api: {
      names: ({ name: asked }) => asked === "x" ? undefined : { name: name(`kept/${asked}`) },
    },
  });
  const blob = await pushBlob(world.local.repository(name("x")), "hello");
  const target = `/v2/b/blobs/uploads/?mount=${blob}&from=x`;
  assertEquals((await world.ask({ method: "POST", target })).status, 202);
  await world.close();
});

Deno.test("a preflight is answered whatever ns it has", async () => {
  const world = makeWorld();
  const got = await world.ask({ method: "OPTIONS", target: "/v2/org/app/manifests/1?ns=evil" });
  assertEquals(got.status, 200);
  await world.close();
});
