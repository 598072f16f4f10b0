import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/ask.ts";
import { attempt, freePort, run } from "../support/process.ts";
import { RegistryClient } from "../support/registry_client.ts";
import { mainFile, startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

function healthcheck(args: readonly string[], env: Record<string, string> = {}) {
  return attempt([Deno.execPath(), "run", "-A", mainFile, "healthcheck", ...args], { env });
}

Deno.test("an operator turns a server down, up and read-only on the debug address, and healthcheck tells", async () => {
  const debug = `127.0.0.1:${freePort()}`;
  await using berth = await startBerth({
    driver: "inmemory",
    http: ["debug:", `  addr: ${debug}`],
  });
  const env = { REGISTRY_HTTP_ADDR: berth.host, REGISTRY_HTTP_DEBUG_ADDR: debug };
  const well = await healthcheck(["--config", "/dev/null"], {
    ...env,
    REGISTRY_VERSION: "0.1",
    REGISTRY_STORAGE: "inmemory",
  });
  assertEquals([well.code, well.stdout, well.stderr], [0, "", ""]);

  const client = new RegistryClient(berth.url);
  const operator = new RegistryClient(`http://${debug}`);
  assertEquals((await operator.request("POST", "/debug/health/down")).status, 200);
  assertEquals((await client.request("GET", "/")).status, 503);
  const down = await healthcheck([`http://${debug}/debug/health`]);
  assertEquals(down.code, 1);
  assertEquals(
    down.stderr,
    `unhealthy: http://${debug}/debug/health answered 503 {"manual_http_status":"Manual Check"}\n`,
  );
  assertEquals((await operator.request("POST", "/debug/health/up")).status, 200);
  assertEquals((await client.request("GET", "/")).status, 200);

  const post = async () => (await client.request("POST", "/v2/a/blobs/uploads/")).status;
  assertEquals(await post(), 202);
  assertEquals((await operator.request("PUT", "/debug/readonly?enabled=true")).status, 200);
  assertEquals(await post(), 405);
  Deno.kill(berth.pid, "SIGUSR1"); // the same switch
  await eventually("pushes", async () => await post() === 202);
  assertStringIncludes(berth.stderr, "read-only mode is on");

  await berth.stop();
  const gone = await healthcheck([`http://${debug}/debug/health`, "--timeout", "2s"]);
  assertEquals(gone.code, 1);
  assertMatch(gone.stderr, /^unhealthy: \S+ does not answer: .*\n$/);
});

toolTest(
  { tools: ["openssl"] },
  "healthcheck finds a server well behind TLS, with and without client certificates",
  async () => {
    await using folder = await TempFolder.make();
    const [key, cert] = [folder.at("key.pem"), folder.at("cert.pem")];
    const request = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other"];
    await run(["openssl", "req", ...request, "-keyout", key, "-out", cert]);
    for (const more of ["", `\n    clientcas: [${cert}]`]) {
      const addr = `127.0.0.1:${freePort()}`;
      const config = folder.at("config.yml");
      await Deno.writeTextFile(
        config,
        `version: 0.1\nstorage: inmemory\nhttp:\n  addr: ${addr}\n  tls:\n    certificate: ${cert}\n    key: ${key}${more}\n`,
      );
      const before = await healthcheck(["--config", config]);
      assertEquals(before.code, 1);
      await using _ = await startBerth({
        config: () => Deno.readTextFileSync(config),
        answers: async () => (await healthcheck(["--config", config])).code === 0,
      });
    }
  },
);
