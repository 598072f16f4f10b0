import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeImage } from "../support/images.ts";
import { attempt, freePort, Process, run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { mainFile } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

/** How people run registry:2 today, with berth in its place: the file or the variables that they have, and the commands they type. */

const image = makeImage({ family: "docker" });
const program = [Deno.execPath(), "run", "-A", mainFile];

async function serve(
  args: readonly string[],
  port: number,
  env: Record<string, string>,
): Promise<Process> {
  const address = { REGISTRY_HTTP_ADDR: `127.0.0.1:${port}` };
  const process = Process.start({ command: [...program, ...args], env: { ...address, ...env } });
  await process.until(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`);
    await answer.body?.cancel();
    return answer.ok;
  });
  return process;
}

Deno.test("use case 1: a private registry on a folder, without a file", async () => {
  await using folder = await TempFolder.make();
  const port = freePort();
  const env = { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: folder.at("registry") };
  for (const _start of ["first", "after --restart=always"]) {
    await using process = await serve(["serve", "--default"], port, env);
    const client = new RegistryClient(`http://127.0.0.1:${port}`);
    await client.pushImage("team/pause", image, "latest");
    const again = await fetch(`http://127.0.0.1:${port}/v2/team/pause/tags/list`);
    assertEquals(await again.json(), { name: "team/pause", tags: ["latest"] });
    assertEquals((await process.end("SIGTERM")).code, 0);
  }
  const link = folder.at(
    "registry/docker/registry/v2/repositories/team/pause/_manifests/tags/latest/current/link",
  );
  assertEquals(await Deno.readTextFile(link), image.manifest.descriptor.digest);
});

toolTest({ tools: ["curl"] }, "use case 8: curl by hand", async () => {
  await using folder = await TempFolder.make();
  const port = freePort();
  await using _process = await serve(["serve", "--default"], port, {
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: folder.at("registry"),
  });
  const url = `http://127.0.0.1:${port}`;
  await new RegistryClient(url).pushImage("app", image, "v1");
  const curl = async (...args: string[]) => (await run(["curl", "-s", ...args])).stdout;
  assertEquals(await curl(`${url}/v2/_catalog`), '{"repositories":["app"]}\n');
  assertEquals(await curl(`${url}/v2/app/tags/list`), '{"name":"app","tags":["v1"]}\n');
  const accept = ["-H", `Accept: ${image.manifest.descriptor.mediaType}`];
  for (const headers of [accept, []]) {
    const head = await curl("-I", ...headers, `${url}/v2/app/manifests/v1`);
    assertStringIncludes(head, "HTTP/1.1 200 OK");
    assertStringIncludes(head, `Docker-Content-Digest: ${image.manifest.descriptor.digest}`);
    assertStringIncludes(await curl(...headers, `${url}/v2/app/manifests/v1`), '"schemaVersion":2');
  }
  const deleted = await curl(
    "-I",
    "-X",
    "DELETE",
    `${url}/v2/app/manifests/${image.manifest.descriptor.digest}`,
  );
  assertStringIncludes(deleted, "HTTP/1.1 202 Accepted");
  assertStringIncludes(await curl("-I", `${url}/v2/app/manifests/v1`), "HTTP/1.1 404 Not Found");
});

Deno.test("use case 10: nothing on disk", async () => {
  await using folder = await TempFolder.make();
  const file = folder.at("config.yml");
  await Deno.writeTextFile(file, "version: 0.1\nstorage: inmemory\n");
  const port = freePort();
  await using process = await serve(["serve", file], port, {});
  await new RegistryClient(`http://127.0.0.1:${port}`).pushImage("app", image, "v1");
  await process.end("SIGTERM");
  assertEquals([...Deno.readDirSync(folder.path)].map((entry) => entry.name), ["config.yml"]);
});

Deno.test("use case 12: a typing mistake that has lived in the file for years", async () => {
  await using folder = await TempFolder.make();
  const file = folder.at("config.yml");
  const port = freePort();
  const text =
    `version: 0.1\nlog:\n  fromatter: text\nstorage:\n  filesystem:\n    rootdirectory: ${
      folder.at("data")
    }\n`;
  await Deno.writeTextFile(file, text);
  await using process = await serve([file], port, {});
  await process.end("SIGTERM");
  assertStringIncludes(process.stderr, "config.yml:3:");
  assertStringIncludes(process.stderr, "unknown key log.fromatter, did you mean log.formatter?");
  const strict = await attempt([...program, "check-config", "--strict", file]);
  assertEquals(strict.code, 1);
  assertStringIncludes(strict.stdout + strict.stderr, "did you mean log.formatter?");
});
