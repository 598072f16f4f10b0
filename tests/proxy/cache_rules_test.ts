// Which repositories are cached, and what clients may change in them.
import { assertEquals } from "@std/assert";
import { codeOf } from "../support/api.ts";
import { CacheWorld } from "../support/cache_world.ts";
import { name, pushImage } from "../support/content.ts";
import { makeImage } from "../support/images.ts";

const image = makeImage({ layers: [100, 200] });
const { digest } = image.manifest.descriptor;
const layer = image.blobs[1]?.descriptor.digest ?? "";

Deno.test("a repository whose name no upstream has is local, and takes pushes", async () => {
  const world = new CacheWorld({ upstreams: [{ namespace: "ghcr.io" }] });
  const repository = world.cache.registry.repository(name("team/app"));
  const pushed = await pushImage(repository, ["a layer"], ["1"]);
  const got = await world.ask("/v2/team/app/manifests/1");
  assertEquals([got.status, got.got("docker-content-digest")], [200, pushed as string]);
  assertEquals((await world.ask("/v2/ghcr.io/manifests/1")).status, 404, "the namespace itself");
  assertEquals(world.hub.asked, []);
  await world.close();
});

Deno.test("pushing into a cache is 405, and says why", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const type = image.manifest.descriptor.mediaType;
  const uploads = "/v2/library/app/blobs/uploads/";
  const rows = [
    ["PUT", "/v2/library/app/manifests/2"],
    ["POST", uploads],
    ["POST", `${uploads}?mount=${layer}&from=library/other`],
    ["POST", `${uploads}?digest=${layer}`],
    ...["GET", "PATCH", "PUT", "DELETE"].map((
      method,
    ) => [method, `${uploads}some-id?digest=${layer}`]),
  ];
  for (const [method = "", target = ""] of rows) {
    const got = await world.ask({
      ...{ method, target, headers: { "content-type": type } },
      ...(method !== "GET" && method !== "DELETE" && { body: image.manifest.bytes }),
    });
    assertEquals([got.status, codeOf(got)], [405, "UNSUPPORTED"], `${method} ${target}`);
    assertEquals(
      JSON.parse(got.text).errors[0].detail,
      "Cannot push here: this is a cache of docker.io; push to docker.io itself, or have proxy.push.enabled turned on here",
    );
  }
  const got = await world.ask({ method: "DELETE", target: `/v2/library/app/blobs/${layer}` });
  assertEquals([got.status, codeOf(got)], [405, "UNSUPPORTED"]);
  assertEquals(world.hub.asked, []);
  await world.close();
});

Deno.test("deleting forgets: the next pull fetches it again", async () => {
  const world = new CacheWorld();
  world.hub.push("library/app", image, "1");
  const byTag = "/v2/library/app/manifests/1";
  const byDigest = `/v2/library/app/manifests/${digest}`;
  for (const target of [byTag, byDigest]) {
    assertEquals((await world.ask(byTag)).status, 200);
    assertEquals((await world.ask({ method: "DELETE", target })).status, 202);
    assertEquals((await world.ask({ method: "DELETE", target })).status, 404);
    world.hub.fail("unreachable");
    assertEquals((await world.ask(byTag)).status, 502);
    assertEquals((await world.ask(byDigest)).status, target === byTag ? 200 : 502);
    world.hub.failure = undefined;
    assertEquals((await world.ask(byTag)).status, 200);
  }
  await world.close();
  const off = new CacheWorld({ api: { deleteEnabled: false } });
  assertEquals((await off.ask({ method: "DELETE", target: byTag })).status, 405);
  await off.close();
});

Deno.test("what else is to be freed is freed by whoever does so", async () => {
  const forgotten: string[] = [];
  const world = new CacheWorld({
    upstreams: [{ namespace: "", deny: ["secret/**"] }],
    parts: {
      forgetting: {
        forget: (local, reference) => {
          forgotten.push(`${local.name} ${Object.values(reference).join(" ")}`);
          return Promise.resolve();
        },
      },
    },
  });
  for (const repository of ["org/app", "secret/app"]) {
    const target = `/v2/${repository}/manifests/1`;
    assertEquals((await world.ask({ method: "DELETE", target })).status, 202);
  }
  assertEquals(forgotten, ["org/app tag 1", "secret/app tag 1"]);
  await world.close();
});

Deno.test("a push beside the cache makes a repository local, of which upstream isn't asked", async () => {
  const pushed = new Set<string>();
  const marks = {
    isLocal: (repository: string) => Promise.resolve(pushed.has(repository)),
    claim: (repository: string) => Promise.resolve(Boolean(pushed.add(repository))),
  };
  const world = new CacheWorld({ parts: { marks } });
  world.hub.push("library/app", image, "1");
  const target = "/v2/library/app/manifests/1";
  assertEquals((await world.ask({ method: "HEAD", target })).status, 200);
  assertEquals(world.hub.asked.length, 2);
  const own = await pushImage(world.cache.registry.repository(name("library/own")), ["x"], ["1"]);
  const got = await world.ask("/v2/library/own/manifests/1");
  assertEquals([got.status, got.got("docker-content-digest")], [200, own as string]);
  assertEquals((await world.ask("/v2/library/own/manifests/2")).status, 404);
  assertEquals(world.hub.asked.length, 2);
  await world.close();
});

Deno.test("repositories that the rules keep out are not there, and upstream isn't asked for them", async () => {
  const rules = { allow: ["library/*", "org/**"], deny: ["**/secret"] };
  const world = new CacheWorld({ upstreams: [{ namespace: "ghcr.io", ...rules }] });
  for (const repository of ["library/app", "org/a/b", "other/app", "org/secret", "library/a/b"]) {
    world.hub.push(repository, image, "1");
  }
  for (
    const [repository, isAllowed] of [
      ["library/app", true],
      ["org/a/b", true],
      ["other/app", false],
      ["org/secret", false],
      ["library/a/b", false],
    ] as const
  ) {
    world.hub.asked.length = 0;
    for (
      const path of [
        ...["manifests/1", `manifests/${digest}`, `blobs/${layer}`, "tags/list"],
        `referrers/${digest}`,
      ]
    ) {
      const got = await world.ask(`/v2/ghcr.io/${repository}/${path}`);
      assertEquals(got.status, isAllowed ? 200 : 404, `${repository} ${path}`);
      if (!isAllowed) assertEquals(codeOf(got), "NAME_UNKNOWN");
    }
    assertEquals(world.hub.asked.length > 0, isAllowed);
  }
  await world.close();
});

Deno.test("what was cached before a rule kept it out can still be forgotten", async () => {
  const world = new CacheWorld({ upstreams: [{ namespace: "ghcr.io", deny: ["org/**"] }] });
  await pushImage(world.local.repository(name("ghcr.io/org/app")), ["x"], ["1"]);
  const target = "/v2/ghcr.io/org/app/manifests/1";
  assertEquals((await world.ask(target)).status, 404);
  assertEquals((await world.ask({ method: "DELETE", target })).status, 202);
  assertEquals((await world.ask({ method: "DELETE", target })).status, 404);
  await world.close();
});
