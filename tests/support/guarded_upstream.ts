import { assert } from "@std/assert";
import type { UpstreamOptions } from "../../src/proxy/http_upstream.ts";
import { Certificates } from "./certificates.ts";
import { type Script, type ScriptedRequest, ScriptedServer } from "./scripted_server.ts";
import { byTag, repository, TestedUpstream } from "./tested_upstream.ts";
import { toolTest } from "./tools.ts";

/** What alice of the tests shows. */
export const BASIC = `Basic ${btoa("alice:s3cret")}`;
const SECRETS = ["s3cret", btoa("alice:s3cret"), "t0k", "r3fresh"];

export const PUBLIC = () => Promise.resolve(["93.184.216.34"]);
export const INNER = () => Promise.resolve(["127.0.0.1"]);

export interface GuardedWorld {
  readonly registry: ScriptedServer;
  readonly realm: ScriptedServer;
  readonly ca: Certificates;
  open(options?: Partial<UpstreamOptions>, resolve?: typeof PUBLIC): TestedUpstream;
}

/** A test with a registry that takes the tokens t0k0, t0k1, ... of a token server on its own host, both with TLS. */
export function guardedTest(name: string, test: (world: GuardedWorld) => Promise<void>): void {
  toolTest({ tools: ["openssl"] }, name, async () => {
    await using ca = await Certificates.make();
    const tls = await ca.issue("server");
    await using realm = ScriptedServer.start(tokens({}), { tls });
    await using registry = ScriptedServer.start(guarded(`${realm.url}/token`), { tls });
    const common = { ca: ca.root.certificate, username: "alice", password: "s3cret" };
    await test({
      ...{ registry, realm, ca },
      open: (options = {}, resolve = PUBLIC) =>
        new TestedUpstream(registry.url, { ...common, ...options }, resolve),
    });
  });
}

/** A registry that wants tokens of the realm, and has nothing for who has them. */
export function guarded(
  realm: string,
  isGood = (header: string) => header.startsWith("Bearer t0k"),
): Script {
  const challenge =
    `Bearer realm="${realm}",service="reg.test",scope="repository:user/image:pull,push"`;
  return ({ headers }) =>
    isGood(headers.get("authorization") ?? "")
      ? { status: 404 }
      : { status: 401, headers: { "www-authenticate": challenge }, body: "{}" };
}

/** A token server that gives everybody another token. */
export function tokens(extra: Record<string, unknown>, field = "token"): Script {
  let count = 0;
  return () => ({ body: JSON.stringify({ [field]: `t0k${count++}`, ...extra }) });
}

export const ask = ({ upstream }: TestedUpstream, name = "team/app") =>
  upstream.manifest(repository(name), byTag("v1"));
export const shown = ({ headers }: ScriptedRequest) => headers.get("authorization") ?? "-";

export function assertNoSecrets({ log, metrics }: TestedUpstream, error?: Error): void {
  const all = [...log.lines, ...metrics, Deno.inspect(error)].join("\n");
  for (const secret of SECRETS) assert(!all.includes(secret), all);
}
