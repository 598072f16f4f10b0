import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../../src/cli/run.ts";
import { FakeSystem } from "./fake_system.ts";

const CONFIG = "version: 0.1\nstorage: inmemory\nhttp: {secret: hunter2}\n";

async function check(args: string[], config: string) {
  const system = new FakeSystem({ files: { "c.yml": config } });
  const status = await run(["check-config", ...args], system);
  return { status, stdout: system.stdout, stderr: system.stderr };
}

Deno.test("check-config prints the configuration in effect, without its secrets", async () => {
  const { status, stdout, stderr } = await check(["c.yml"], CONFIG);
  assertEquals([status, stderr], [0, ""]);
  assertStringIncludes(stdout, "  inmemory: {}  # c.yml:2\n");
  assertStringIncludes(stdout, '  secret: "<redacted>"  # c.yml:3\n');
  assertEquals(stdout.includes("hunter2"), false);
});

Deno.test("check-config prints every problem, and nothing on stdout", async () => {
  const { status, stdout, stderr } = await check(["c.yml"], "version: 2\nstorage: foo\nfoo: bar\n");
  assertEquals([status, stdout], [1, ""]);
  assertStringIncludes(stderr, "warning: c.yml:3: unknown key foo");
  assertStringIncludes(stderr, "configuration error: 2 problems\n  c.yml:1: version: ");
});

Deno.test("check-config warns of unknown keys, and with --strict refuses them", async () => {
  const config = `${CONFIG}log: {fromatter: text}\n`;
  const lenient = await check(["c.yml"], config);
  assertEquals(lenient.status, 0);
  assertStringIncludes(lenient.stderr, "warning: c.yml:4: unknown key log.fromatter");
  for (const args of [["--strict", "c.yml"], ["c.yml", "--strict"]]) {
    const strict = await check(args, config);
    assertEquals([strict.status, strict.stdout], [1, ""]);
    assertEquals(
      strict.stderr,
      "configuration error: 1 problem\n  c.yml:4: unknown key log.fromatter, did you mean log.formatter?\n",
    );
  }
});

Deno.test("check-config --strict lets other warnings pass", async () => {
  const { status } = await check(
    ["--strict", "c.yml"],
    `${CONFIG}health: {storagedriver: {enabled: true}}\n`,
  );
  assertEquals(status, 0);
});

Deno.test("check-config without any file shows the built-in default", async () => {
  const { status, stdout } = await check([], "");
  assertEquals(status, 0);
  assertStringIncludes(stdout, "    rootdirectory: ./berth-data  # built-in default\n");
});

Deno.test("check-config fails for a file that is not there", async () => {
  const { status, stderr } = await check(["no.yml"], "");
  assertEquals(status, 1);
  assertEquals(stderr, "Cannot read the configuration no.yml: there is no such file\n");
});

Deno.test("check-config --strict tells of unknown keys and of files together", async () => {
  const files = { "c.yml": `${CONFIG}foo: bar\n` };
  const findings = { errors: ["Cannot read /users: there is no such file"], warnings: ["odd"] };
  const system = new FakeSystem({ files, findings });
  assertEquals(await run(["check-config", "--strict", "c.yml"], system), 1);
  assertEquals(
    system.stderr,
    "warning: odd\nconfiguration error: 2 problems\n  Cannot read /users: there is no such file\n  c.yml:4: unknown key foo\n",
  );
  assertEquals([system.stdout, system.started, system.folders], ["", undefined, []]);
});
