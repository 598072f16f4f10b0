import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { Certificates } from "../support/certificates.ts";
import { ask, assertNoSecrets, BASIC, guardedTest, shown } from "../support/guarded_upstream.ts";
import { assertFails, TestedUpstream } from "../support/tested_upstream.ts";
import { toolTest } from "../support/tools.ts";

async function helper(ca: Certificates, text: string): Promise<string> {
  const path = ca.folder.at(`helper-${crypto.randomUUID()}`);
  await Deno.writeTextFile(
    path,
    `#!/bin/sh\nread host\necho "$1 $host" >> ${ca.folder.at("runs")}\n${text}\n`,
  );
  await Deno.chmod(path, 0o755);
  return path;
}

guardedTest(
  "a credential helper is asked for the registry's host, once",
  async ({ registry, realm, ca, open }) => {
    const command = await helper(ca, `echo '{"Username":"alice","Secret":"s3cret"}'`);
    using tested = open({ username: undefined, exec: { command, lifetime: undefined } });
    for (const name of ["team/app", "team/other"]) await ask(tested, name);
    assertEquals(realm.requests.map(shown), [BASIC, BASIC]);
    assertEquals(await Deno.readTextFile(ca.folder.at("runs")), `get ${registry.host}\n`);
    assertNoSecrets(tested);
  },
);

guardedTest(
  "a credential helper is asked again when what it gave is refused",
  async ({ realm, ca, open }) => {
    const again = ca.folder.at("again");
    const command = await helper(
      ca,
      `[ -e ${again} ] && echo '{"Username":"alice","Secret":"s3cret"}' || { touch ${again}; echo '{"Username":"alice","Secret":"old"}'; }`,
    );
    realm.script = (request) =>
      shown(request) === BASIC ? { body: '{"token":"t0k"}' } : { status: 401 };
    using tested = open({ username: undefined, exec: { command, lifetime: undefined } });
    assertEquals(await ask(tested), undefined);
    assertEquals(realm.requests.map(shown), [`Basic ${btoa("alice:old")}`, BASIC]);
  },
);

guardedTest(
  "an identity token is posted to the token server, and shown to nobody else",
  async ({ registry, realm, ca, open }) => {
    const command = await helper(ca, `echo '{"Username":"<token>","Secret":"r3fresh"}'`);
    using tested = open({ username: undefined, exec: { command, lifetime: undefined } });
    assertEquals(await ask(tested), undefined);
    const [{ method, target, body } = { method: "", target: "", body: "" }] = realm.requests;
    assertEquals(`${method} ${target}`, "POST /token");
    assertEquals(Object.fromEntries(new URLSearchParams(body)), {
      ...{ grant_type: "refresh_token", client_id: "berth", service: "reg.test" },
      ...{ refresh_token: "r3fresh", scope: "repository:team/app:pull" },
    });
    assertNoSecrets(tested);
    realm.script = () => ({ status: 404 });
    using refused = open({ username: undefined, exec: { command, lifetime: undefined } });
    await assertFails(() => ask(refused), "denied", "takes no identity token");
    registry.script = () => ({ status: 401, headers: { "www-authenticate": "Basic" } });
    using basic = open({ username: undefined, exec: { command, lifetime: undefined } });
    await assertFails(() => ask(basic), "denied");
    for (const each of registry.requests) assert(!shown(each).startsWith("Basic"));
  },
);

guardedTest("a credential helper that fails denies, and tells no secret", async ({ ca, open }) => {
  const bad: [string, string][] = [
    ["echo s3cret; exit 3", "it ended with status 3"],
    ["echo s3cret", "must write"],
    [`echo '{"Username":"a","Secret":""}'`, "must write"],
    ["head -c 100000 /dev/zero", "more than 65536 bytes"],
    ["exec sleep 60", "it has not ended within 300 ms"],
  ];
  for (const [text, says] of bad) {
    const exec = { command: await helper(ca, text), lifetime: undefined };
    using tested = open({ username: undefined, exec, limits: { helper: 300 } });
    assertNoSecrets(tested, await assertFails(() => ask(tested), "denied", says));
  }
  using absent = open({
    username: undefined,
    exec: { command: ca.folder.at("absent"), lifetime: 0 },
  });
  await assertFails(() => ask(absent), "denied", "there is no such program");
});

toolTest(
  { tools: ["openssl"] },
  "the client certificate is shown to the configured origin alone",
  async () => {
    await using ca = await Certificates.make();
    const { certificate, key } = await ca.issue("client", { use: "client", subject: "/CN=alice" });
    const tls = await ca.issue("server");
    const seen: string[] = [];
    const start = async (name: string, location?: () => string) => {
      const server = createServer({
        cert: await Deno.readTextFile(tls.certificate),
        key: await Deno.readTextFile(tls.key),
        ca: await Deno.readTextFile(ca.root.certificate),
        ...{ requestCert: true, rejectUnauthorized: false },
      }, (request, response) => {
        const peer = (request.socket as TLSSocket).getPeerCertificate();
        seen.push(`${name} ${peer?.subject?.CN ?? "-"}`);
        response.writeHead(
          location === undefined ? 404 : 302,
          location && { location: location() },
        );
        response.end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
      return { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const other = await start("other");
    const own = await start("own", () => `${other.url}/x`);
    {
      using tested = new TestedUpstream(own.url, { ca: ca.root.certificate, certificate, key });
      assertEquals(await ask(tested), undefined);
    }
    assertEquals(seen, ["own alice", "other -"]);
    for (const { server } of [own, other]) await new Promise((resolve) => server.close(resolve));
  },
);
