import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DockerDaemon } from "../support/docker.ts";
import { dockerArchive } from "../support/docker_archive.ts";
import { makeImage } from "../support/images.ts";
import { run } from "../support/process.ts";
import { berthCommand } from "../support/server.ts";
import { ServedConfig } from "../support/served_config.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

/** Use case 6: users of an htpasswd file, with docker. */

const image = makeImage({ family: "docker", layers: [2_000, 40_000] });

const makers: Readonly<Record<string, () => readonly string[]>> = {
  "htpasswd": () => [requireTool("htpasswd")],
  "berth htpasswd": () => [...berthCommand().slice(0, -1), "htpasswd"],
};

async function entry(maker: string, user: string, password: string): Promise<string> {
  const command = [...makers[maker]?.() ?? [], "-Bbn", user, password];
  return (await run(command)).stdout;
}

function startWithUsers(folder: TempFolder, more = ""): Promise<ServedConfig> {
  return ServedConfig.start(folder, {
    config: ({ port }) =>
      `\
version: 0.1
storage:
  filesystem:
    rootdirectory: ${folder.at("data")}
http:
  addr: 127.0.0.1:${port}
auth:
  htpasswd:
    realm: Registry Realm
    path: ${folder.at("htpasswd")}
${more}`,
  });
}

for (const maker of Object.keys(makers)) {
  toolTest(
    { tools: ["docker", "dockerd", "htpasswd", "curl"] },
    `use case 6: docker login with an entry of ${maker} -Bbn, then push and pull`,
    async () => {
      await using folder = await TempFolder.make();
      await Deno.writeTextFile(folder.at("htpasswd"), await entry(maker, "alice", "a:b c€"));
      await using berth = await startWithUsers(folder);
      await using daemon = await DockerDaemon.start();
      const host = `127.0.0.1:${berth.port}`;
      const reference = `${host}/team/app:it`;
      const archive = daemon.folder.at("image.tar");
      await Deno.writeFile(archive, dockerArchive(image, reference));
      await daemon.docker("load", "--input", archive);

      const login = (password: string) =>
        daemon.docker("login", "-u", "alice", "-p", password, host);
      const wrong = await assertRejects(() => login("a:b c"), Error);
      assertMatch(wrong.message, /401|unauthorized/i);
      const refused = await assertRejects(() => daemon.docker("push", reference), Error);
      assertMatch(refused.message, /no basic auth credentials|unauthorized/);
      assertMatch(await login("a:b c€"), /Login Succeeded/);
      await daemon.docker("push", reference);
      await daemon.docker("image", "rm", reference);
      await daemon.docker("pull", reference);
    },
  );
}

toolTest(
  { tools: ["htpasswd", "curl"] },
  "use case 6: a user who is taken out of the file is refused, one who is added gets in",
  async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("htpasswd");
    const [alice, bob] = [
      await entry("htpasswd", "alice", "a"),
      await entry("htpasswd", "bob", "b"),
    ];
    await Deno.writeTextFile(path, alice);
    await using berth = await startWithUsers(folder);
    const statusOf = async (user: string) => {
      const write = ["-o", "/dev/null", "-w", "%{http_code}"];
      return (await run(["curl", "-s", ...write, "-u", user, `${berth.url}/v2/`])).stdout;
    };
    assertEquals([await statusOf("alice:a"), await statusOf("bob:b")], ["200", "401"]);
    await Deno.writeTextFile(path, bob);
    await berth.process.until(async () => await statusOf("alice:a") === "401", { limit: 10_000 });
    assertEquals(await statusOf("bob:b"), "200");
  },
);

toolTest(
  { tools: ["htpasswd", "curl"] },
  "use case 6: with rights, a user who is taken out of the file is refused with a token too",
  async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("htpasswd");
    await Deno.writeTextFile(path, await entry("htpasswd", "alice", "a"));
    const rights = '  - {repositories: ["**"], users: [authenticated], actions: [pull, push]}\n' +
      '  - {repositories: ["public/**"], users: [anonymous], actions: [pull]}\n';
    await using berth = await startWithUsers(folder, `access:\n${rights}`);
    const challenge = await ask(`${berth.url}/v2/`);
    const realm = /Bearer realm="([^"]+)"/.exec(challenge.headers.get("www-authenticate") ?? "");
    const token = await ask(realm?.[1] ?? "", `Basic ${btoa("alice:a")}`);
    const bearer = `Bearer ${JSON.parse(token.text).token}`;
    const statusOf = async (authorization: string) =>
      (await ask(`${berth.url}/v2/`, authorization)).status;
    assertEquals(await statusOf(bearer), 200);
    await Deno.writeTextFile(path, await entry("htpasswd", "alice", "another"));
    await berth.process.until(async () => await statusOf(bearer) === 401, { limit: 10_000 });
    assertEquals(await statusOf(`Basic ${btoa("alice:another")}`), 200);
  },
);

async function ask(url: string, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}
