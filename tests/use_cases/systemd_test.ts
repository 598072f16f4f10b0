import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { eventually } from "../support/ask.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { freePort, Process } from "../support/process.ts";
import { berthCommand } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Use case 14: the unit of scripts/package/systemd, its commands run as systemd runs them. */

const UNIT = fromFileUrl(new URL("../../scripts/package/systemd/berth.service", import.meta.url));

/** The values of a key of the unit, in their order. */
async function valuesOf(key: string): Promise<string[]> {
  const text = await Deno.readTextFile(UNIT);
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

Deno.test("use case 14: the service's commands start, reload and stop berth", async () => {
  await using folder = await TempFolder.make();
  await using systemd = new NotifySocket(folder.at("notify"));
  const port = freePort();
  const here = (text: string) =>
    text.replaceAll("/etc/berth", folder.path).replaceAll("/var/lib/berth", folder.at("data"));
  const config = `version: 0.1\nhttp:\n  addr: 127.0.0.1:${port}\nstorage:\n  filesystem: {}\n`;
  await Deno.writeTextFile(folder.at("config.yml"), config);
  const environment = (await valuesOf("Environment")).map((line) => here(line).split("=", 2));
  const [start = ""] = await valuesOf("ExecStart");
  const [program, command, ...args] = here(start).split(" ");
  assertEquals([program, command], ["/usr/local/bin/berth", "serve"]);

  await using berth = Process.start({
    command: [...berthCommand(), ...args],
    env: { NOTIFY_SOCKET: systemd.path, ...Object.fromEntries(environment) },
  });
  await berth.until(() => Promise.resolve(systemd.has("READY=1")));
  const answer = await fetch(`http://127.0.0.1:${port}/v2/`);
  assertEquals(await answer.text(), "{}");
  const root = (await Deno.stat(folder.at("data"))).isDirectory;
  assert(root, "the folder of StateDirectory= is where images go");

  assertEquals(await valuesOf("ExecReload"), ["/bin/kill -HUP $MAINPID"]);
  berth.signal("SIGHUP");
  const isReloaded = () => systemd.has("RELOADING=1") && systemd.has("READY=1", 2);
  await berth.until(() => Promise.resolve(isReloaded()));
  assertEquals((await berth.end("SIGTERM")).code, 0);
  await eventually("STOPPING", () => Promise.resolve(systemd.has("STOPPING=1")));
  // to the journal
  assertStringIncludes(berth.stderr, "serves");
});
