import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Certificates } from "../support/certificates.ts";
import { ConnectProxy } from "../support/connect_proxy.ts";
import { run } from "../support/process.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { toolTest } from "../support/tools.ts";

const CHILD = fromFileUrl(import.meta.resolve("./proxied_child.ts"));

toolTest(
  { tools: ["openssl"] },
  "HTTPS_PROXY and NO_PROXY hold, and names that only the proxy knows are left to it",
  async () => {
    await using ca = await Certificates.make();
    const names = { alternativeNames: "DNS:registry.test, DNS:cdn.test" };
    const tls = await ca.issue("server", names);
    await using server = ScriptedServer.start(
      ({ target }) =>
        target === "/x"
          ? { status: 404 }
          : { status: 302, headers: { location: "https://cdn.test/x" } },
      { tls },
    );
    await using proxy = new ConnectProxy(server.port);
    const ask = async (environment: Record<string, string>) => {
      const command = [Deno.execPath(), "run", "-A", "--no-check", CHILD, "https://registry.test"];
      const env = { HOME: Deno.env.get("HOME") ?? "", ...environment };
      return (await run([...command, ca.root.certificate], { env })).stdout.trim();
    };
    assertEquals(await ask({ HTTPS_PROXY: proxy.url }), "404");
    assertEquals(server.asked, ["HEAD /v2/team/app/manifests/v1", "HEAD /x"]);
    assertEquals(
      await ask({ HTTPS_PROXY: proxy.url, NO_PROXY: "registry.test" }),
      "up.test: registry.test cannot be had: its name cannot be resolved",
    );
  },
);
