import { assertEquals } from "@std/assert";
import type { Access, Decision } from "../../src/auth/access_controller.ts";
import { silly } from "../../src/auth/silly.ts";
import { ask } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { startPeer } from "../support/peers.ts";
import { toolTest } from "../support/tools.ts";

const access = silly({ realm: "the realm", service: "the service" });

function decide(
  authorization: string | undefined,
  ...accesses: Access[]
): Decision | Promise<Decision> {
  const header = (name: string) => name === "authorization" ? authorization : undefined;
  return access.authorize({ header, remoteAddress: "127.0.0.1", secure: false }, accesses);
}

Deno.test("silly() lets in who sends any Authorization", () => {
  for (const authorization of ["x", "Basic !", "Bearer a.b.c"]) {
    assertEquals(decide(authorization, { action: "catalog" }), { granted: true, user: "silly" });
  }
});

Deno.test("silly() asks everybody else for a scope an action", () => {
  const push: Access[] = [
    { action: "pull", repository: "a/b" },
    { action: "push", repository: "a/b" },
    { action: "catalog" },
  ];
  for (const authorization of [undefined, ""]) {
    assertEquals(decide(authorization, ...push), {
      granted: false,
      status: 401,
      challenge: 'Bearer realm="the realm",service="the service",' +
        'scope="repository:a/b:pull repository:a/b:push registry:catalog:*"',
    });
    assertEquals(decide(authorization, { action: "ping" }), {
      granted: false,
      status: 401,
      challenge: 'Bearer realm="the realm",service="the service"',
    });
  }
});

for (const peer of ["registry2", "registry3"] as const) {
  const tools = [peer === "registry2" ? "docker-registry" : "registry"];
  toolTest({ tools }, `silly() answers as ${peer}`, async () => {
    await using ours = await InProcessServer.start({ access });
    await using theirs = await startPeer(peer, {
      extraConfig: "auth:\n  silly:\n    realm: the realm\n    service: the service",
      answers: async ({ port }) => (await ask(port, "GET", "/v2/")).status === 401,
    });
    const requests: [string, string, string | undefined][] = [
      ["GET", "/v2/", undefined],
      ["GET", "/v2/", "anything"],
      ["GET", "/v2/_catalog", undefined],
      ["GET", "/v2/a/b/tags/list", undefined],
      ["GET", "/v2/a/b/tags/list", "Basic"],
      ["POST", "/v2/a/b/blobs/uploads/", undefined],
      ["DELETE", `/v2/a/b/blobs/sha256:${"0".repeat(64)}`, undefined],
    ];
    for (const [method, path, authorization] of requests) {
      const question = {
        headers: authorization === undefined ? {} : { Authorization: authorization },
      };
      const own = await ask(ours.port, method, path, question);
      const peers = await ask(theirs.port, method, path, question);
      assertEquals(
        [own.status, own.header("www-authenticate"), own.code],
        [peers.status, peers.header("www-authenticate"), peers.code],
        `${method} ${path}`,
      );
    }
  });
}
