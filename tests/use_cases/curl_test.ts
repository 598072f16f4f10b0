import { assertEquals, assertStringIncludes } from "@std/assert";
import { GUARD_TOOLS, GuardedRegistry, passwordOf } from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { attempt, run } from "../support/process.ts";
import { toolTest } from "../support/tools.ts";

/** Use case 8: curl by hand, against a private CA and users. */

const image = makeImage({ family: "docker", layers: [2_000] });
const { digest, mediaType } = image.manifest.descriptor;
const tools = [...GUARD_TOOLS, "curl"];

toolTest({ tools }, "use case 8: curl with --cacert and -u", async () => {
  await using guarded = await GuardedRegistry.start();
  await guarded.as("alice").pushImage("app", image, "v1");
  const url = `${guarded.url}/v2`;
  const basic = ["curl", "-s", "--http1.1", "--cacert", guarded.authority];
  const curl = async (...args: string[]) =>
    (await run([...basic, "-u", `alice:${passwordOf("alice")}`, ...args])).stdout;

  assertEquals(await curl(`${url}/_catalog`), '{"repositories":["app"]}\n');
  assertEquals(await curl(`${url}/app/tags/list`), '{"name":"app","tags":["v1"]}\n');
  for (const accept of [["-H", `Accept: ${mediaType}`], []]) {
    assertStringIncludes(await curl(...accept, `${url}/app/manifests/v1`), '"schemaVersion":2');
    const head = await curl("-I", ...accept, `${url}/app/manifests/v1`);
    assertStringIncludes(head, "HTTP/1.1 200 OK");
    assertStringIncludes(head, `Docker-Content-Digest: ${digest}`);
  }
  const deleted = await curl("-I", "-X", "DELETE", `${url}/app/manifests/${digest}`);
  assertStringIncludes(deleted, "HTTP/1.1 202 Accepted");
  assertStringIncludes(await curl("-I", `${url}/app/manifests/v1`), "HTTP/1.1 404 Not Found");
});

toolTest({ tools }, "use case 8: curl without the password, or without the CA", async () => {
  await using guarded = await GuardedRegistry.start();
  const url = `${guarded.url}/v2/_catalog`;
  const trusting = ["curl", "-s", "-i", "--http1.1", "--cacert", guarded.authority];
  for (const user of [[], ["-u", "alice:wrong"], ["-u", "nobody:wrong"]]) {
    const refused = (await run([...trusting, ...user, url])).stdout;
    assertStringIncludes(refused, "HTTP/1.1 401 Unauthorized");
    assertStringIncludes(refused, 'Www-Authenticate: Basic realm="berth"');
    assertStringIncludes(refused, '"code":"UNAUTHORIZED"');
  }
  // 60: the certificate could not be verified
  assertEquals((await attempt(["curl", "-s", url])).code, 60);
});
