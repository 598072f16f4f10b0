import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { attempt } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const UNITS = fromFileUrl(new URL("../../scripts/package/systemd/", import.meta.url));

toolTest({ tools: ["systemd-analyze"] }, "systemd finds nothing wrong with the units", async () => {
  await using folder = await TempFolder.make();
  const units = ["berth.service", "berth.socket"];
  for (const unit of units) {
    const text = await Deno.readTextFile(join(UNITS, unit));
    // the binary need not be installed here
    await Deno.writeTextFile(folder.at(unit), text.replace("/usr/local/bin/berth ", "/bin/true "));
  }
  const checked = await attempt([
    "systemd-analyze",
    "verify",
    ...units.map((unit) => folder.at(unit)),
  ]);
  const complaints = checked.stderr.split("\n").filter((line) => line.includes("berth."));
  assertEquals([checked.code, complaints], [0, []]);
});

Deno.test("the service runs as a user that is made before it, and the unit says how", async () => {
  const text = await Deno.readTextFile(join(UNITS, "berth.service"));
  assertMatch(text, /^User=berth$/m);
  assertMatch(text, /^#.*cp berth\.sysusers \/etc\/sysusers\.d\/berth\.conf && systemd-sysusers/m);
  assertEquals(/^DynamicUser=/m.test(text), false);
});

toolTest({ tools: ["systemd-sysusers"] }, "systemd-sysusers makes the user berth", async () => {
  await using folder = await TempFolder.make();
  await Deno.mkdir(folder.at("etc"));
  const made = await attempt([
    "systemd-sysusers",
    `--root=${folder.path}`,
    join(UNITS, "berth.sysusers"),
  ]);
  assertEquals(made.code, 0, made.stderr);
  const users = await Deno.readTextFile(folder.at("etc/passwd"));
  const [, , id, group, ...rest] = users.trim().split(":");
  assertEquals(rest, ["berth registry", "/var/lib/berth", "/usr/sbin/nologin"]);
  assertEquals(await Deno.readTextFile(folder.at("etc/group")), `berth:x:${group}:\n`);
  assertEquals(id, group);
});

Deno.test("the service reloads by SIGHUP, and asks for nothing that V8 cannot do", async () => {
  const text = await Deno.readTextFile(join(UNITS, "berth.service"));
  assertMatch(text, /^Type=notify$/m);
  assertMatch(text, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  assertEquals(/^MemoryDenyWriteExecute=yes/m.test(text), false);
});
