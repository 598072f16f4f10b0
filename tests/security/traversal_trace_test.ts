// goals.md R16, seen by the system: no call of the running server names a path outside of the root.
import { assert, assertEquals } from "@std/assert";
import { $B, $C, IMAGE } from "../api/golden/content.ts";
import { ask } from "../support/ask.ts";
import { Process } from "../support/process.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { startBerth } from "../support/server.ts";
import { parseStrace, quotedPaths, type SystemCall } from "../support/strace.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";
import { EVIL_PATHS, EVIL_QUERIES, MANIFEST_HEADERS } from "./evil_paths.ts";
import { OCTETS } from "./upload_client.ts";

/** What the runtime itself looks at while it runs: limits of memory and the like, nothing that a request could name. */
const RUNTIME = /^\/(?:proc|sys|dev)\//;

/** Every system call with a path that a server makes while `act` runs. */
async function traceFiles(
  berth: RegistryProcess,
  act: () => Promise<void>,
): Promise<SystemCall[]> {
  await using folder = await TempFolder.make();
  const file = folder.at("trace");
  await using strace = Process.start({
    command: [
      requireTool("strace"),
      ...["-f", "-y", "-s", "4096", "-e", "trace=%file"],
      ...["-o", file, "-p", String(berth.pid)],
    ],
  });
  await strace.until(() => Promise.resolve(strace.stderr.includes("attached")));
  await act();
  await berth.stop();
  await strace.exit();
  return parseStrace(await Deno.readTextFile(file));
}

/** A push and a pull, so that it shows that the server's own paths are seen. */
async function pushAndPull(port: number, repository: string): Promise<void> {
  for (const [digest, body] of [[$B, "hello"], [$C, "{}"]] as const) {
    const target = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    assertEquals((await ask(port, "POST", target, { headers: OCTETS, body })).status, 201);
  }
  const put = { headers: MANIFEST_HEADERS, body: IMAGE };
  assertEquals((await ask(port, "PUT", `/v2/${repository}/manifests/t`, put)).status, 201);
  assertEquals((await ask(port, "GET", `/v2/${repository}/blobs/${$B}`)).text, "hello");
}

toolTest(
  { tools: ["strace"] },
  "no path outside of the root is named to the system, whatever a client writes",
  async () => {
    await using berth = await startBerth({
      log: ["level: error"],
      env: { DENO_NO_UPDATE_CHECK: "1" }, // `deno run` looks for a newer Deno, the compiled program does not
    });
    await pushAndPull(berth.port, "before"); // starts the workers, whose code is read then
    const calls = await traceFiles(berth, async () => {
      await pushAndPull(berth.port, "r");
      // Each target once: the methods differ in what they do with a path that has been let through, and that is none.
      const targets = EVIL_PATHS.filter(({ method }) => method === "GET" || method === "PUT");
      for (const { method, target } of [...targets, ...EVIL_QUERIES]) {
        const body = method === "GET" ? {} : { headers: MANIFEST_HEADERS, body: IMAGE };
        await ask(berth.port, method, target, body);
      }
    });
    const paths = calls.flatMap((call) => quotedPaths(call).slice(0, 2)).filter((path) =>
      path !== ""
    );
    const inside = paths.filter((path) => isBelow(path, berth.root));
    const outside = paths.filter((path) => !isBelow(path, berth.root) && !RUNTIME.test(path));
    const seen = "/repositories/r/_manifests/tags/t/current";
    assert(inside.some((path) => path.includes(seen)), "the push was not seen");
    assertEquals([...new Set(outside)], []);
  },
);

/** Whether a path lies below the root, or names an entry of a folder that is open already. */
function isBelow(path: string, root: string): boolean {
  if (!path.startsWith("/")) return !path.includes("/") && path !== "..";
  return (path === root || path.startsWith(`${root}/`)) && !/(?:^|\/)\.\.?(?:\/|$)/.test(path);
}
