import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { eventually } from "../support/ask.ts";
import { peers, startPeer } from "../support/peers.ts";
import { freePort } from "../support/process.ts";
import type { RegistryOptions, RegistryProcess } from "../support/registry_process.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

/** Checks of each kind that fail, with what a test needs to make them do so. */
interface Failing {
  readonly file: string;
  readonly closed: number;
  readonly open: number;
}

function checks({ file, closed, open }: Failing): string {
  const period = "interval: 100ms";
  return [
    "health:",
    `  storagedriver: {enabled: true, ${period}, threshold: 2}`,
    `  file: [{file: ${file}, ${period}}]`,
    "  http:",
    `    - {uri: "http://127.0.0.1:${open}/status", ${period}, threshold: 1}`,
    `    - {uri: "http://127.0.0.1:${closed}/x", ${period}}`,
    `    - {uri: "http://127.0.0.1:${open}/fine", statuscode: 501, ${period}}`,
    "  tcp:",
    `    - {addr: "127.0.0.1:${closed}", ${period}, threshold: 3}`,
    `    - {addr: "127.0.0.1:${open}", ${period}}`,
  ].join("\n");
}

/** What its debug address says of its health, and the registry itself; ports and folder are taken out. */
async function sayings(
  start: (options: Partial<RegistryOptions>) => Promise<RegistryProcess>,
  failing: Failing,
  root: string,
) {
  const debug = freePort();
  const url = `http://127.0.0.1:${debug}/debug/health`;
  await Deno.mkdir(root, { recursive: true });
  await using registry = await start({
    root,
    http: ["secret: s", "debug:", `  addr: 127.0.0.1:${debug}`],
    extraConfig: checks(failing),
    answers: () => fetch(url).then((response) => response.text()).then(() => true),
  });
  await Deno.remove(dirname(root), { recursive: true });
  await Deno.writeTextFile(dirname(root), "no folder any more");
  const health = async () => {
    const response = await fetch(url);
    const type = response.headers.get("content-type");
    return { status: response.status, type, text: await response.text() };
  };
  let last = { status: 0, type: "" as string | null, text: "" };
  await eventually("five failures", async () => {
    last = await health().catch(() => last);
    return last.status === 503 && Object.keys(JSON.parse(last.text)).length === 5;
  }, 20_000);
  const answers = [];
  for (const target of ["/", "/v2/", "/nope"]) {
    const response = await fetch(registry.url + target);
    const api = response.headers.get("docker-distribution-api-version");
    answers.push([
      response.status,
      response.headers.get("content-type"),
      api,
      await response.text(),
    ]);
  }
  await Deno.remove(dirname(root));
  return { last, answers };
}

toolTest(
  { tools: [peers.registry3] },
  "failing checks are told as registry:3 tells them, on the debug address and off it",
  async () => {
    await using folder = await TempFolder.make();
    const root = folder.at("disk", "data");
    await Deno.writeTextFile(folder.at("down"), "");
    const status = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      return new Response(null, { status: 501 });
    });
    try {
      const failing = { file: folder.at("down"), closed: freePort(), open: status.addr.port };
      const ours = await sayings((options) => startBerth(options), failing, root);
      const theirs = await sayings((options) => startPeer("registry3", options), failing, root);
      assertEquals(ours, theirs);
    } finally {
      await status.shutdown();
    }
  },
);
