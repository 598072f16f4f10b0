import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { openToken } from "../../src/auth/token/token.ts";
import { systemClock } from "../../src/async/clock.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import { ALL_RIGHTS, type Caller, NO_CREDENTIALS } from "./authorization_caller.ts";
import type { Outcome, Right } from "./authorization_policy.ts";

interface Door {
  readonly realm: string;
  readonly service: string;
}

const TOKEN = { realm: "https://auth.test/token", service: "berth.test", issuer: "auth.test" };

/** How a 401 challenges for a token. */
export function bearer(error: string | undefined, { realm, service }: Door = TOKEN) {
  return (scope: string | undefined): Outcome => {
    const parts = [
      `realm="${realm}",service="${service}"`,
      ...(scope === undefined ? [] : [`scope="${scope}"`]),
      ...(error === undefined ? [] : [`error="${error}"`]),
    ];
    return `401 UNAUTHORIZED Bearer ${parts.join(",")}`;
  };
}

type Claim = { readonly type: string; readonly name: string; readonly actions: readonly string[] };

function repository(name: string, ...actions: string[]): Claim {
  return { type: "repository", name, actions };
}

const CATALOG: Claim = { type: "registry", name: "catalog", actions: ["*"] };

const TOKENS: Readonly<Record<string, { access: readonly Claim[]; may: readonly Right[] }>> = {
  "no scope": { access: [], may: [] },
  "another repository": { access: [repository("team/other", "pull", "push", "delete")], may: [] },
  pull: { access: [repository("team/app", "pull")], may: ["pull"] },
  "pull and push": { access: [repository("team/app", "pull", "push")], may: ["pull", "push"] },
  // as in distribution, whose pushes ask for pull too
  "push alone": { access: [repository("team/app", "push")], may: [] },
  delete: { access: [repository("team/app", "delete")], may: ["delete"] },
  catalog: { access: [CATALOG], may: ["catalog"] },
  everything: {
    access: [
      repository("team/app", "pull", "push", "delete"),
      repository("secret/app", "pull"),
      CATALOG,
    ],
    may: ALL_RIGHTS,
  },
};

/** With tokens of a server of tokens, and with what is none. */
export async function callersByToken(folder: TempFolder): Promise<Caller[]> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const forger = await generateKeyPair("ES256");
  const jwks = folder.at("jwks.json");
  await Deno.writeTextFile(
    jwks,
    JSON.stringify({ keys: [{ ...await exportJWK(publicKey), kid: "k" }] }),
  );
  const access = await openToken(
    {
      ...TOKEN,
      jwks,
      rootcertbundle: undefined,
      autoredirect: false,
      autoredirectpath: "",
      signingalgorithms: [],
    },
    { logger: new RecordedLog(), metrics: NO_METRICS, clock: systemClock },
  );
  const mint = async (claims: readonly Claim[], key: CryptoKey, expiry = "5m") => {
    const token = await new SignJWT({ access: claims }).setProtectedHeader({
      alg: "ES256",
      kid: "k",
    }).setIssuer(TOKEN.issuer).setAudience(TOKEN.service).setSubject("alice").setIssuedAt()
      .setNotBefore("-2h").setExpirationTime(expiry).sign(key);
    return `Bearer ${token}`;
  };
  const everything = TOKENS.everything?.access ?? [];
  const unusable = { access, ...NO_CREDENTIALS, refused: bearer("invalid_token") };
  const callers: Caller[] = [
    { label: "nobody (token)", access, ...NO_CREDENTIALS, refused: bearer(undefined) },
    {
      label: "a password (token)",
      access,
      authorization: "Basic YTpi",
      ...NO_CREDENTIALS,
      refused: bearer(undefined),
    },
    { label: "no JWT (token)", authorization: "Bearer x.y.z", ...unusable },
    {
      label: "an expired token",
      authorization: await mint(everything, privateKey, "-1h"),
      ...unusable,
    },
    {
      label: "a forged token",
      authorization: await mint(everything, forger.privateKey),
      ...unusable,
    },
  ];
  for (const [label, token] of Object.entries(TOKENS)) {
    callers.push({
      label: `a token for ${label}`,
      access,
      authorization: await mint(token.access, privateKey),
      isKnown: true,
      may: new Set(token.may),
      mayMount: label === "everything",
      refused: bearer("insufficient_scope"),
    });
  }
  return callers;
}
