import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readAccessLog } from "../support/access_log.ts";
import { Containerd } from "../support/containerd.ts";
import { GUARD_TOOLS, GuardedRegistry, passwordOf } from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { toolTest } from "../support/tools.ts";

const image = makeImage({ family: "docker", layers: [2_000, 40_000] });
const tools = [...GUARD_TOOLS, "containerd", "ctr"];

toolTest({ tools }, "containerd pulls as a user, and not with a wrong password", async () => {
  await using guarded = await GuardedRegistry.start();
  await using containerd = await Containerd.start();
  await guarded.as("bob").pushImage("team/app", image, "it");
  const reference = `${guarded.host}/team/app:it`;
  await containerd.configure(guarded.host, { ca: guarded.authority });

  for (const user of [[], ["--user", "alice:wrong"]]) {
    const error = await assertRejects(() => containerd.pull(reference, ...user), Error);
    assertMatch(error.message, /unauthorized|authorization failed/i);
  }
  await containerd.pull(reference, "--user", `alice:${passwordOf("alice")}`);
  const images = await containerd.ctr("images", "ls");
  assertMatch(images, new RegExp(image.manifest.descriptor.digest));
});

toolTest({ tools }, "containerd pulls what anybody may, and asks /v2/ for nothing", async () => {
  const access = [
    '- {repositories: ["public/**"], users: [anonymous], actions: [pull]}',
    '- {repositories: ["**"], users: [alice], actions: [pull, push]}',
  ];
  await using guarded = await GuardedRegistry.start({ access });
  await using containerd = await Containerd.start();
  await guarded.as("alice").pushImage("public/app", image, "it");
  await guarded.as("alice").pushImage("team/app", image, "it");
  await containerd.configure(guarded.host, { ca: guarded.authority });

  const before = readAccessLog(guarded.registry.stdout).length;
  await containerd.pull(`${guarded.host}/public/app:it`);
  const pull = () => containerd.pull(`${guarded.host}/team/app:it`);
  const error = await assertRejects(pull, Error);
  assertMatch(error.message, /unauthorized|authorization failed/i);
  await containerd.pull(
    `${guarded.host}/team/app:it`,
    ...["--user", `alice:${passwordOf("alice")}`],
  );
  await guarded.registry.stop();
  const asked = readAccessLog(guarded.registry.stdout).slice(before);
  assertEquals(asked.filter(({ target }) => target === "/v2/"), []);
});
