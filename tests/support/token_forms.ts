import { base64url, jws, signerOf } from "./jws.ts";
import type { Difference, TokenCase } from "./token_cases.ts";
import { claims, mint, type TokenWorld } from "./token_world.ts";

type Json = Readonly<Record<string, unknown>>;

const OWN_DECODER = "libtrust reads the parts by encoding/json alone";

/** Tokens that are no tokens, or two at once. @param kid as of keyCases */
export function formCases(world: TokenWorld, kid: string): TokenCase[] {
  const { signerKey } = world;
  const good = mint(signerKey, "RS256", { kid });
  const [header = "", payload = "", signature = ""] = good.split(".");
  const refused = (name: string, token: string, more: Difference = {}) => ({
    name,
    token,
    accepted: false,
    ...more,
  });
  const signed = (head: string | Json, body: string | Uint8Array) =>
    jws(head, body, signerOf(signerKey, "RS256"));
  const head = { alg: "RS256", kid };
  const text = JSON.stringify(claims());
  const extension = "RFC 7515 section 4.1.11: what isn't understood is refused";
  return [
    refused("a changed payload", `${header}.${base64url(claims({ sub: "root" }))}.${signature}`),
    refused("a signature of another token", `${header}.${base64url(claims())}.${signature}`),
    refused("a truncated signature", good.slice(0, -8)),
    refused("no signature", `${header}.${payload}.`),
    refused("two parts", `${header}.${payload}`),
    refused("one part", header),
    refused("no parts", ".."),
    refused("four parts", `${good}.${signature}`),
    refused("five parts, as an encrypted one has", `${good}.${signature}.${signature}`),
    refused("no base64url", good.replace(".", "*.")),
    refused("padding", `${header}==.${payload}.${signature}`),
    refused("a word", "letmein"),
    refused("JSON instead of the compact form", base64url({ payload, signatures: [] })),
    refused("crit", signed({ ...head, crit: ["exp"], exp: 1 }, text), { unlike2: extension }),
    refused("crit and b64", signed({ ...head, crit: ["b64"], b64: true }, text), {
      unlike2: extension,
      unlike3: "go-jose knows b64, of which a token makes no use (RFC 7797 section 7)",
    }),
    refused("a header that is a list", signed("[]", text)),
    refused("a payload that is a list", signed(head, `[${text}]`)),
    refused("a payload that is null", signed(head, "null")),
    refused("a payload that is no JSON", signed(head, text.slice(0, -1))),
    refused("a payload with more behind it", signed(head, `${text}{}`)),
    refused("an issuer twice", signed(head, `{"iss":"other",${text.slice(1)}`), {
      unlike2: OWN_DECODER,
    }),
    refused("an exp twice, written apart", signed(head, `{"\\u0065xp":1,${text.slice(1)}`), {
      unlike2: OWN_DECODER,
    }),
    refused("an alg twice", signed(`{"alg":"none",${JSON.stringify(head).slice(1)}`, text), {
      unlike2: OWN_DECODER,
    }),
    refused("bytes that are no UTF-8", signed(head, latin1(text.replace("alice", "ali\xffce"))), {
      unlike2: "Go puts U+FFFD in their place",
      unlike3: "Go puts U+FFFD in their place",
    }),
    refused("too deep a claim", signed(head, nested(text, 40)), {
      unlike2: "the bound is 10,000",
      unlike3: "the bound is 10,000",
    }),
  ];
}

function nested(text: string, depth: number): string {
  return `${text.slice(0, -1)},"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
