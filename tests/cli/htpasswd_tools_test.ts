import { assertEquals, assertRejects } from "@std/assert";
import { editFile } from "../../src/cli/edit_file.ts";
import { run } from "../../src/cli/run.ts";
import { startPeer } from "../support/peers.ts";
import { attempt, run as runProgram } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { findTool, requireTool, toolTest } from "../support/tools.ts";
import { denoSystem } from "../../src/cli/deno_system.ts";

/** `berth htpasswd` on real files. @returns the exit status, and what was said */
async function berth(...args: string[]): Promise<{ status: number; said: string; out: string }> {
  let [said, out] = ["", ""];
  const system = {
    ...denoSystem(),
    err: (text: string) => void (said += text),
    out: (text: string) => void (out += text),
  };
  return { status: await run(["htpasswd", ...args], system), said, out };
}

const apache = (...args: string[]) => attempt([requireTool("htpasswd"), ...args]);

const PASSWORDS = ["secret", " ", "ünïcode ✓", "-dash", "x".repeat(72), "x".repeat(100)];

toolTest({ tools: ["htpasswd"] }, "Apache's htpasswd accepts our entries, and we its", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("htpasswd");
  for (const [index, password] of PASSWORDS.entries()) {
    const [ours, theirs] = [`ours${index}`, `theirs${index}`];
    const create = index === 0 ? "c" : "";
    assertEquals((await berth(`-${create}BbC4`, path, ours, password)).status, 0);
    assertEquals((await apache("-BbC", "4", path, theirs, password)).code, 0);
    for (const user of [ours, theirs]) {
      for (const [given, code] of [[password, 0], [`.${password}`, 3]] as const) {
        assertEquals((await apache("-vb", path, user, given)).code, code, `${user} ${given}`);
        assertEquals((await berth("-vb", path, user, given)).status, code, `${user} ${given}`);
      }
    }
  }
  // either changes and deletes what the other wrote
  assertEquals((await apache("-BbC", "4", path, "ours0", "changed")).code, 0);
  assertEquals((await berth("-BbC4", path, "theirs0", "changed")).status, 0);
  assertEquals((await berth("-vb", path, "ours0", "changed")).status, 0);
  assertEquals((await apache("-vb", path, "theirs0", "changed")).code, 0);
  assertEquals((await apache("-D", path, "ours1")).code, 0);
  assertEquals((await berth("-D", path, "theirs1")).status, 0);
  const users = (await Deno.readTextFile(path)).trim().split("\n").map((line) =>
    line.split(":")[0]
  );
  assertEquals(users.length, 2 * PASSWORDS.length - 2);
});

toolTest({ tools: ["htpasswd"] }, "the exit statuses are those of Apache's htpasswd", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("htpasswd");
  const garbage = folder.at("garbage");
  await Deno.writeTextFile(garbage, "garbage\n");
  await berth("-cBbC4", path, "alice", "secret");
  const calls = [
    ["-vb", path, "alice", "secret"],
    ["-vb", path, "alice", "wrong"],
    ["-vb", path, "nobody", "x"],
    ["-D", path, "nobody"],
    ["-bB", path, "a:b", "x"],
    ["-bB", path, "a".repeat(256), "x"],
    ["-bB", folder.at("none"), "a", "x"],
    ["-bB", garbage, "a", "x"],
    ["-bBnC", "4", "a", "x"],
    ["-bB", path, "a"],
    ["-Q"],
  ];
  for (const call of calls) {
    assertEquals((await berth(...call)).status, (await apache(...call)).code, call.join(" "));
  }
});

toolTest({ tools: ["docker-registry"] }, "registry:2 lets in the users that we make", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("htpasswd");
  for (const [index, password] of PASSWORDS.entries()) {
    await berth(`-${index === 0 ? "c" : ""}BbC4`, path, `user${index}`, password);
  }
  const ask = async (port: number, user: string, password: string) => {
    const bytes = new TextEncoder().encode(`${user}:${password}`);
    const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
    const response = await fetch(`http://127.0.0.1:${port}/v2/`, { headers: { authorization } });
    await response.body?.cancel();
    return response.status;
  };
  await using registry = await startPeer("registry2", {
    extraConfig: `auth: {htpasswd: {realm: r, path: ${path}}}\n`,
    answers: async ({ port }) => await ask(port, "nobody", "x") === 401,
  });
  for (const [index, password] of PASSWORDS.entries()) {
    assertEquals(await ask(registry.port, `user${index}`, password), 200, password);
    assertEquals(await ask(registry.port, `user${index}`, `.${password}`), 401, password);
  }
});

toolTest({ tools: ["htpasswd"] }, "two who add users at once both do", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("htpasswd");
  await Deno.writeTextFile(path, "");
  const users = Array.from({ length: 12 }, (_, index) => `user${index}`);
  await Promise.all(users.map((user) => berth("-BbC4", path, user, user)));
  for (const user of users) assertEquals((await apache("-vb", path, user, user)).code, 0);
});

const canMount = Deno.uid() === 0 && findTool("unshare") !== undefined &&
  (await attempt(["unshare", "-m", "true"])).success;

Deno.test({
  name: "a file that is mounted by itself is overwritten, since it cannot be replaced",
  ignore: !canMount,
  fn: async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("htpasswd");
    await berth("-cBbC4", path, "alice", "secret");
    await berth("-BbC4", path, "bob", "pw");
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const command = `mount --bind "$1" "$1" && exec "$2" run -A "$3" htpasswd -D "$1" alice`;
    await runProgram(["unshare", "-m", "sh", "-ec", command, "sh", path, Deno.execPath(), main]);
    assertEquals((await berth("-vb", path, "bob", "pw")).status, 0);
    assertEquals((await berth("-vb", path, "alice", "secret")).status, 6);
    const names = await Array.fromAsync(Deno.readDir(folder.path));
    assertEquals(names.length, 1);
  },
});

Deno.test("a file in a folder that may not be written is an error, when it is new", async () => {
  await assertRejects(
    () => editFile("/proc/htpasswd", () => "x"),
    Error,
    "Cannot write /proc/htpasswd",
  );
});
