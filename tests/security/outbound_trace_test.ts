// goals.md R21, seen by the system: a cache connects to its upstream, and to nothing that the upstream would like it to.
import { assert, assertEquals } from "@std/assert";
import { ask } from "../support/ask.ts";
import { imageScript } from "../support/image_script.ts";
import { makeImage } from "../support/images.ts";
import { Process } from "../support/process.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { type ScriptedAnswer, ScriptedServer } from "../support/scripted_server.ts";
import { startBerth } from "../support/server.ts";
import { parseStrace, type SystemCall } from "../support/strace.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

const image = makeImage({ layers: [2_000] });
const zeros = `sha256:${"0".repeat(64)}`;

/** Where nobody who is outside may lead a server: metadata of clouds, itself, its network, in every notation. */
const INSIDE = [
  "http://169.254.169.254/latest/meta-data/",
  "https://169.254.169.254/latest/meta-data/",
  "https://[fd00:ec2::254]/",
  "https://[::ffff:169.254.169.254]/",
  "https://[64:ff9b::a9fe:a9fe]/",
  "https://[2002:a9fe:a9fe::]/",
  "https://2852039166/",
  "https://0xa9.0xfe.0xa9.0xfe/",
  "https://10.0.0.1/",
  "https://192.168.0.1:8443/",
  "https://0.0.0.0/",
  "https://[::]/",
  "file:///etc/passwd",
  "unix:///run/docker.sock",
];

/** An answer that leads elsewhere. */
type Lure = (where: string) => ScriptedAnswer;

const LURES: Readonly<Record<string, Lure>> = {
  redirect: (where) => ({ status: 307, headers: { location: where } }),
  realm: (where) => ({
    status: 401,
    headers: { "www-authenticate": `Bearer realm="${where}",service="x"` },
  }),
};

toolTest(
  { tools: ["strace"] },
  "a cache connects to its upstream alone, wherever it is led by redirects and realms",
  async () => {
    await using other = ScriptedServer.start(() => ({ body: '{"token":"t"}' }));
    await using upstream = ScriptedServer.start(imageScript("team/app", image));
    const { port } = other;
    const places = [
      ...INSIDE,
      `${other.url}/`,
      `http://localhost:${port}/`,
      `https://localhost:${port}/`,
      `https://127.0.0.2:${port}/`,
      `https://user:secret@127.0.0.1:${port}/`,
    ];
    await using berth = await startBerth({
      extraConfig: `proxy:
  remoteurl: ${upstream.url}
  username: alice
  password: s3cret-of-alice
`,
    });
    await new RegistryClient(berth.url).checkImage("team/app", image, "v1"); // starts the workers
    const connected = await traceConnections(berth, async () => {
      let count = 0;
      for (const lure of Object.values(LURES)) {
        for (const place of places) {
          upstream.script = ({ target }) =>
            target === "/v2/" ? {} : { ...lure(place), length: "none" }; // so that it connects anew
          // names that nobody has asked for, so that nothing is remembered
          for (const target of [`manifests/v${count++}`, `blobs/${zeros}`, "tags/list"]) {
            const reply = await ask(berth.port, "GET", `/v2/team/r${count}/${target}`);
            const isError = reply.status >= 400 && reply.code !== undefined;
            assert(isError, `${place} at ${target}: ${reply.status} ${reply.text}`);
            assert(!/s3cret|Bearer/.test(reply.text), reply.text);
          }
        }
      }
    });
    const own = `127.0.0.1:${upstream.port}`;
    assert(upstream.requests.length > places.length, "upstream was hardly asked");
    assertEquals([...new Set(connected)], [own]);
    assertEquals(other.connections, 0);
    assert(!`${berth.stdout}${berth.stderr}`.includes("s3cret-of-alice"));
  },
);

/** Every address that a server connects to while `act` runs. */
async function traceConnections(
  berth: RegistryProcess,
  act: () => Promise<void>,
): Promise<string[]> {
  await using folder = await TempFolder.make();
  const file = folder.at("trace");
  await using strace = Process.start({
    command: [
      requireTool("strace"),
      ...["-f", "-e", "trace=connect,sendto,sendmsg", "-o", file, "-p", String(berth.pid)],
    ],
  });
  await strace.until(() => Promise.resolve(strace.stderr.includes("attached")));
  await act();
  await berth.stop();
  await strace.exit();
  return parseStrace(await Deno.readTextFile(file)).flatMap((call) => addressIn(call) ?? []);
}

/** `10, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16`, or with inet_pton() and AF_INET6. */
function addressIn({ args }: SystemCall): string | undefined {
  const family = /sa_family=AF_INET6?\b/.test(args);
  const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1];
  const address = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(args);
  // port 0: the resolver's look at which of two addresses is nearer, which sends nothing
  if (!family || port === undefined || port === "0") return undefined;
  return `${address?.[1] ?? address?.[2]}:${port}`;
}
