import { assertEquals } from "@std/assert";
import { keyIdsOf } from "../../../src/auth/token/key_id.ts";
import { ask } from "../../support/ask.ts";
import { chainCases } from "../../support/chain_cases.ts";
import { InProcessServer } from "../../support/in_process.ts";
import { type Peer, peers, startPeer } from "../../support/peers.ts";
import { run } from "../../support/process.ts";
import { claimCases, keyCases, type TokenCase } from "../../support/token_cases.ts";
import { OpenToken } from "../../support/token_controller.ts";
import { formCases } from "../../support/token_forms.ts";
import {
  claims,
  ecKeyWithLeadingZero,
  ISSUER,
  mint,
  publicJwk,
  REALM,
  SERVICE,
  TokenWorld,
} from "../../support/token_world.ts";
import { toolTest } from "../../support/tools.ts";

const PEERS = {
  registry3: { differs: "unlike3", kid: 0, jwks: true },
  registry2: { differs: "unlike2", kid: -1, jwks: false },
} as const;

for (const peer of ["registry3", "registry2"] as const) {
  const { differs, kid: which, jwks } = PEERS[peer];
  const tools = ["openssl", peers[peer]];

  toolTest({ tools }, `tokens are judged as by ${peer}, but for listed differences`, async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    await using ours = await InProcessServer.start({ access: open.controller });
    await using theirs = await start(peer, world);
    const kid = kidOf(world, which);
    const cases = [
      ...keyCases(world, kid),
      ...claimCases(world, kid),
      ...formCases(world, kid),
      ...await chainCases(world),
    ].filter(({ needsJwks }) => jwks || !needsJwks);
    const ownJudgement: Record<string, boolean> = {};
    const judgement: Record<string, boolean> = {};
    const expected: Record<string, boolean> = {};
    for (const { name, token, accepted, ...differences } of cases) {
      ownJudgement[name] = await isAccepted(ours.port, token);
      judgement[name] = await isAccepted(theirs.port, token);
      expected[name] = differences[differs] === undefined ? accepted : !accepted;
    }
    assertEquals(judgement, expected);
    assertEquals(ownJudgement, acceptedOf(cases));
    assertEquals(ours.faults, []);
  });

  toolTest({ tools }, `challenges read as those of ${peer}`, async () => {
    await using world = await TokenWorld.make();
    await using open = await OpenToken.open(world.options());
    await using ours = await InProcessServer.start({ access: open.controller });
    await using theirs = await start(peer, world);
    const kid = kidOf(world, which);
    const token = (changes: Record<string, unknown> = {}) =>
      mint(world.signerKey, "RS256", { kid }, claims(changes));
    const access = (type: string, name: string, ...actions: string[]) => ({
      access: [{ type, name, actions }],
    });
    const digest = `sha256:${"0".repeat(64)}`;
    const requests: [string, string, string | undefined][] = [
      ["GET", "/v2/", undefined],
      ["GET", "/v2/", "letmein"],
      ["GET", "/v2/", token()],
      ["GET", "/v2/a/b/tags/list", undefined],
      ["GET", "/v2/a/b/tags/list", token()],
      ["GET", "/v2/a/b/tags/list", token(access("repository", "a/b", "*"))],
      ["GET", "/v2/a/b/tags/list", token(access("repository", "a", "*"))],
      ["GET", "/v2/a/b/tags/list", token(access("repository", "*", "*"))],
      ["GET", "/v2/a/b/tags/list", token(access("registry", "a/b", "pull"))],
      ["GET", "/v2/a/b/tags/list", token(access("repository", "a/b", "push"))],
      ["HEAD", "/v2/a/b/manifests/x", token({ access: [] })],
      ["POST", "/v2/a/b/blobs/uploads/", token(access("repository", "a/b", "push"))],
      ["POST", "/v2/a/b/blobs/uploads/", undefined],
      ["DELETE", `/v2/a/b/manifests/${digest}`, token()],
      ["DELETE", `/v2/a/b/manifests/${digest}`, token(access("repository", "a/b", "delete"))],
      ["DELETE", `/v2/a/b/manifests/${digest}`, token(access("repository", "a/b", "*"))],
      ["GET", "/v2/_catalog", token()],
      ["GET", "/v2/_catalog", token(access("registry", "catalog", "pull"))],
      ["GET", "/v2/_catalog", token(access("registry", "catalog", "*"))],
      ["POST", `/v2/a/b/blobs/uploads/?mount=${digest}&from=c/d`, undefined],
    ];
    for (const [method, path, bearer] of requests) {
      const own = await challengeOf(ours.port, method, path, bearer);
      assertEquals(own, await challengeOf(theirs.port, method, path, bearer), `${method} ${path}`);
    }
    assertEquals(ours.faults, []);
  });
}

toolTest(
  { tools: ["openssl", "registry"] },
  "autoredirect makes the realm as registry3",
  async () => {
    await using world = await TokenWorld.make();
    const options = { autoredirect: true, autoredirectpath: "/my auth/token?x" };
    await using open = await OpenToken.open(world.options(options));
    await using ours = await InProcessServer.start({ access: open.controller });
    await using theirs = await start("registry3", world, [
      "    autoredirect: true",
      `    autoredirectpath: ${JSON.stringify(options.autoredirectpath)}`,
    ]);
    for (
      const headers of [
        { Host: "hub.test:5000" },
        { Host: "[::1]:5000" },
        { Host: "hub.test", "X-Forwarded-Proto": "http" },
        { Host: "hub.test", "X-Forwarded-Proto": "https" },
        { Host: "hub.test", "X-Forwarded-Host": "other.test" },
      ]
    ) {
      const own = await ask(ours.port, "GET", "/v2/", { headers });
      const peer = await ask(theirs.port, "GET", "/v2/", { headers });
      assertEquals(own.header("www-authenticate"), peer.header("www-authenticate"));
    }
  },
);

toolTest(
  { tools: ["openssl", "registry"] },
  "a key with a leading zero goes by registry3's name for it",
  async () => {
    await using world = await TokenWorld.make();
    const { folder } = world.certificates;
    const key = ecKeyWithLeadingZero();
    await Deno.writeTextFile(
      folder.at("zero.key"),
      key.export({ type: "pkcs8", format: "pem" }).toString(),
    );
    const zero = folder.at("zero.pem");
    const subject = "-subj /CN=zero -days 9".split(" ");
    await run(["openssl", "req", "-x509", "-key", folder.at("zero.key"), "-out", zero, ...subject]);
    await world.writeBundle([zero]);
    await using open = await OpenToken.open(world.options());
    await using ours = await InProcessServer.start({ access: open.controller });
    await using theirs = await start("registry3", world);
    const judged = await Promise.all(
      keyIdsOf(publicJwk(key)).map(async (kid) => {
        const token = mint(key, "ES256", { kid });
        return [await isAccepted(ours.port, token), await isAccepted(theirs.port, token)];
      }),
    );
    // by RFC 7638, without the zero, by libtrust
    assertEquals(judged, [[true, false], [true, true], [true, false]]);
  },
);

async function isAccepted(port: number, token: string): Promise<boolean> {
  const headers = { Authorization: `Bearer ${token}` };
  // registry 3 panics at a null in the list, and closes
  const reply = await ask(port, "GET", "/v2/", { headers }).catch(() => undefined);
  return reply?.status === 200;
}

/** Status and challenge; the order of scopes, and of actions in one, is random in the peers. */
async function challengeOf(port: number, method: string, path: string, token: string | undefined) {
  const headers: Record<string, string> = token === undefined
    ? {}
    : { Authorization: `Bearer ${token}` };
  const reply = await ask(port, method, path, { headers });
  const scope = (text: string) =>
    text.split(" ").map((one) => {
      const at = one.lastIndexOf(":") + 1;
      return one.slice(0, at) + one.slice(at).split(",").sort().join(",");
    }).sort().join(" ");
  const challenge = reply.header("www-authenticate")
    ?.replace(/scope="([^"]*)"/, (_, text: string) => `scope="${scope(text)}"`);
  return { isRefused: reply.status === 401, challenge };
}

function start(peer: Peer, world: TokenWorld, more: readonly string[] = []) {
  return startPeer(peer, {
    extraConfig: [
      "auth:",
      "  token:",
      `    realm: ${REALM}`,
      `    service: ${SERVICE}`,
      `    issuer: ${ISSUER}`,
      `    rootcertbundle: ${world.bundle}`,
      ...(peer === "registry3" ? [`    jwks: ${world.jwks}`] : []),
      ...more,
    ].join("\n"),
    answers: async ({ port }) => (await ask(port, "GET", "/v2/")).status === 401,
  });
}

function kidOf(world: TokenWorld, which: number): string {
  return keyIdsOf(publicJwk(world.signerKey)).at(which) ?? "";
}

function acceptedOf(cases: readonly TokenCase[]): Record<string, boolean> {
  return Object.fromEntries(cases.map(({ name, accepted }) => [name, accepted]));
}
