import { assertEquals, assertStringIncludes } from "@std/assert";
import { Certificates, type Issued } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { head } from "../../support/listening.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { SecureListening } from "../../support/secure_listening.ts";
import { toolTest } from "../../support/tools.ts";

const OPENSSL = { tools: ["openssl"] };

/** Puts a pair where another was, one file after the other. */
async function put(pair: Issued, into: Issued): Promise<void> {
  await Deno.copyFile(pair.certificate, into.certificate);
  await Deno.copyFile(pair.key, into.key);
}

toolTest(
  OPENSSL,
  "a certificate is swapped 20 times under load, and no request fails",
  async () => {
    await using authority = await Certificates.make();
    const root = await Deno.readTextFile(authority.root.certificate);
    const pairs = await Promise.all(["one", "two"].map((name) => authority.issue(name)));
    const live = await authority.issue("live");
    await using server = await SecureListening.start(authority, live);
    let isOver = false;
    let requests = 0;
    async function ask(client: RawConnection): Promise<void> {
      await client.send(head("GET /"));
      assertEquals((await client.response()).status, 200);
      requests++;
      // a loop that clients in the same process fill would leave no room for the files
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    async function keepAlive(): Promise<void> {
      using client = await RawConnection.openTls(server.port, root);
      while (!isOver) await ask(client);
    }
    async function anew(): Promise<void> {
      while (!isOver) {
        using client = await RawConnection.openTls(server.port, root);
        await ask(client);
      }
    }
    const load = Promise.all([keepAlive(), keepAlive(), anew(), anew()]);
    load.catch(() => {}); // told below, unless something else fails before
    for (let i = 0; i < 20; i++) {
      const pair = pairs[i % 2] ?? live;
      await put(pair, live);
      const text = await Deno.readTextFile(pair.certificate);
      await eventually("it is in force", () => server.tls.terms.context.cert === text);
      const then = requests;
      await eventually("requests go on", () => requests > then + 4);
    }
    isOver = true;
    await load;
    // a look may fall between the two copies; what is torn then must be right a moment later
    await eventually("the last pair is in force", async () => await subjectAt(server) === "two");
  },
);

async function subjectAt(server: SecureListening): Promise<string | undefined> {
  const output = await new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${server.port}`],
    stdin: "null",
    stderr: "null",
  }).output();
  return /subject=CN = (\w+)/.exec(new TextDecoder().decode(output.stdout))?.[1];
}

toolTest(
  OPENSSL,
  "a pair that does not belong together leaves the old one in force, and is told once",
  async () => {
    await using authority = await Certificates.make();
    const live = await authority.issue("live");
    const other = await authority.issue("other");
    await using server = await SecureListening.start(authority, live);
    await Deno.copyFile(other.certificate, live.certificate);
    await eventually("it is refused", () => server.counted.includes("reloaded tls false"));
    assertEquals(await subjectAt(server), "live");
    const told = server.log.lines.filter((line) => line.startsWith("error"));
    assertEquals(told.length, 1);
    assertStringIncludes(told[0] ?? "", "it is not the key of the certificate");
    await Deno.copyFile(other.key, live.key);
    await eventually("the new one is taken", async () => await subjectAt(server) === "other");
  },
);

toolTest(OPENSSL, "reload() reads files that look the same", async () => {
  await using authority = await Certificates.make();
  await using server = await SecureListening.start(authority, await authority.issue("live"), {
    tls: { interval: 1_000_000 },
  });
  await authority.issue("live", { subject: "/CN=renewed" });
  await server.tls.reload();
  assertEquals(await subjectAt(server), "renewed");
  assertEquals(server.counted.filter((each) => each === "reloaded tls true").length, 1);
});

toolTest({ tools: ["openssl", "curl"] }, "CAs of clients are read again as well", async () => {
  await using authority = await Certificates.make();
  await using other = await Certificates.make("/CN=other root");
  const mine = await authority.issue("mine", { use: "client" });
  const theirs = await other.issue("theirs", { use: "client" });
  const cas = authority.folder.at("cas.pem");
  await Deno.copyFile(authority.root.certificate, cas);
  await using server = await SecureListening.start(authority, await authority.issue("server"), {
    tls: { clientcas: [cas] },
  });
  const statuses =
    async () => [(await server.curl(mine)).status, (await server.curl(theirs)).status];
  assertEquals(await statuses(), [200, 403]);
  await Deno.copyFile(other.root.certificate, cas);
  await eventually(
    "the other CA is in force",
    async () => (await server.curl(theirs)).status === 200,
  );
  assertEquals(await statuses(), [403, 200]);
});
