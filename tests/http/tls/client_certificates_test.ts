import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect } from "node:tls";
import type { ClientAuth } from "../../../src/http/tls/client_judge.ts";
import { Certificates, type Issued } from "../../support/certificates.ts";
import { run } from "../../support/process.ts";
import { SecureListening } from "../../support/secure_listening.ts";
import { toolTest } from "../../support/tools.ts";

const TOOLS = { tools: ["openssl", "curl"] };

/** Clients by the certificates that they show. */
async function makeClients(authority: Certificates, stranger: Certificates) {
  const middle = await authority.issue("middle", { use: "ca", subject: "/CN=middle" });
  const issue = (name: string, options: Parameters<Certificates["issue"]>[1] = {}) =>
    authority.issue(name, { use: "client", ...options });
  return {
    none: undefined,
    good: await issue("good"),
    rsa: await issue("rsa", { key: "rsa" }),
    chain: await issue("chain", { issuer: middle }),
    expired: await issue("expired", { until: -1 }),
    early: await issue("early", { from: 1 }),
    server: await authority.issue("forServers"),
    v1: await issue("v1", { version1: true }),
    stranger: await stranger.issue("stranger", { use: "client" }),
    self: await selfSigned(authority),
  };
}

async function selfSigned(authority: Certificates): Promise<Issued> {
  const made = {
    certificate: authority.folder.at("self.pem"),
    key: authority.folder.at("self.key"),
  };
  await run([
    ..."openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=self".split(
      " ",
    ),
    ...["-keyout", made.key, "-out", made.certificate],
  ]);
  return made;
}

const REQUIRED = "a client certificate is required";
const UNTRUSTED = "the client certificate was not issued by a CA that is trusted here";
const VERIFIED = {
  good: "CN=good",
  rsa: "CN=rsa",
  chain: "CN=chain",
  expired: "the client certificate has expired",
  early: "the client certificate is not valid yet",
  server: UNTRUSTED,
  v1: "the client certificate is of X.509 version 1",
  stranger: UNTRUSTED,
  self: UNTRUSTED,
};
const TAKEN = {
  good: "CN=good",
  rsa: "CN=rsa",
  chain: "CN=chain",
  expired: "CN=expired",
  early: "CN=early",
  server: "CN=forServers",
  v1: "CN=v1",
  stranger: "CN=stranger",
  self: "CN=self",
};
/** What each gets to see: its subject with 200, or why it is refused with 403. As Go's tls.ClientAuthType. */
const TABLE: Readonly<Record<ClientAuth, Readonly<Record<string, string>>>> = {
  "request-client-cert": { none: "nobody", ...TAKEN },
  "require-any-client-cert": { none: REQUIRED, ...TAKEN },
  "verify-client-cert-if-given": { none: "nobody", ...VERIFIED },
  "require-and-verify-client-cert": { none: REQUIRED, ...VERIFIED },
};

for (const [clientauth, expected] of Object.entries(TABLE)) {
  toolTest(
    TOOLS,
    `with ${clientauth}, each client gets what registry:3 would grant it`,
    async () => {
      await using authority = await Certificates.make();
      await using stranger = await Certificates.make("/CN=stranger root");
      const clients = await makeClients(authority, stranger);
      await using server = await SecureListening.start(authority, await authority.issue("server"), {
        tls: { clientcas: [authority.root.certificate], clientauth: clientauth as ClientAuth },
      });
      for (const version of ["1.2", "1.3"]) {
        for (const [name, client] of Object.entries(clients)) {
          const { status, body } = await server.curl(client, "--tls-max", version);
          const text = expected[name] ?? "";
          assertStringIncludes(body, text, `${name} over TLS ${version}`);
          assertEquals(status, /^(CN=|nobody)/.test(text) ? 200 : 403, name);
        }
      }
    },
  );
}

toolTest(TOOLS, "a refused client that resumes its session is refused again", async () => {
  await using authority = await Certificates.make();
  const expired = await authority.issue("expired", { use: "client", until: -1 });
  // of the right CA and valid: only its handshake has told that it is not for clients
  const forServers = await authority.issue("forServers");
  await using server = await SecureListening.start(authority, await authority.issue("server"), {
    tls: { clientcas: [authority.root.certificate] },
  });
  const session = authority.folder.at("session");
  for (const version of ["-tls1_2", "-tls1_3"]) {
    for (const refused of [expired, forServers]) {
      const first = await ask(server, version, ["-sess_out", session], refused);
      assertStringIncludes(first, "403 Forbidden");
      const second = await ask(server, version, ["-sess_in", session]);
      assertStringIncludes(second, "Reused, ");
      assertStringIncludes(second, "403 Forbidden");
    }
  }
});

toolTest(
  TOOLS,
  "a resumed session brings its subject along, until its CA is taken away",
  async () => {
    await using authority = await Certificates.make();
    await using other = await Certificates.make("/CN=other root");
    const good = await authority.issue("good", { use: "client" });
    const cas = authority.folder.at("cas.pem");
    const [own, another] = await Promise.all(
      [authority, other].map(({ root }) => Deno.readTextFile(root.certificate)),
    );
    await Deno.writeTextFile(cas, `${own}${another}`);
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      tls: { clientcas: [cas] },
    });
    const session = authority.folder.at("session");
    const resume = () => ask(server, "-tls1_3", ["-sess_in", session]);
    const first = await ask(server, "-tls1_3", ["-sess_out", session], good);
    assertStringIncludes(first, "CN=good");
    assertStringIncludes(await resume(), "CN=good");
    await Deno.writeTextFile(cas, `${own}\n`);
    await server.tls.reload();
    const kept = await resume();
    assertStringIncludes(kept, "Reused, ");
    assertStringIncludes(kept, "CN=good");
    await Deno.writeTextFile(cas, `${another}`);
    await server.tls.reload();
    const lost = await resume();
    assertStringIncludes(lost, "Reused, ");
    assertStringIncludes(lost, "403 Forbidden");
  },
);

toolTest(
  TOOLS,
  "a client that shows a CA's own version 1 certificate, without its key, is refused",
  async () => {
    await using authority = await Certificates.make();
    const root = await authority.issue("root1", { version1: true });
    const thief = await authority.issue("thief");
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      tls: { clientcas: [root.certificate] },
    });
    const [ca = "", cert = "", key = ""] = await Promise.all(
      [authority.root.certificate, root.certificate, thief.key].map((path) =>
        Deno.readTextFile(path)
      ),
    );
    const { promise, resolve } = Promise.withResolvers<string>();
    // node's client alone shows a certificate whose key it does not have
    const socket = connect({ port: server.port, host: "127.0.0.1", ca, cert, key });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let text = "";
    socket.on("data", (chunk) => text += chunk).on("close", () => resolve(text));
    assertStringIncludes(await promise, "403 Forbidden");
  },
);

/** GET / by `openssl s_client`; what it printed. */
async function ask(
  server: SecureListening,
  version: string,
  args: readonly string[],
  client?: Issued,
): Promise<string> {
  const shown = client ? ["-cert", client.certificate, "-key", client.key] : [];
  const command = new Deno.Command("openssl", {
    args: [
      "s_client",
      "-connect",
      `127.0.0.1:${server.port}`,
      version,
      "-ign_eof",
      ...shown,
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  await using child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
  );
  const text = await new Response(child.stdout).text();
  await writer.close().catch(() => {}); // it has ended before
  await child.status;
  return text;
}
