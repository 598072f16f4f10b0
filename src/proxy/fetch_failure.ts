/** Why `fetch` had no answer, or no more of its body, as the end of a sentence. */
export interface FetchFailure {
  readonly kind: "unreachable" | "failing";
  readonly reason: string;
}

/** Deno names no codes, and its messages hold whole URLs, which may be signed: so only what is known here gets out of them. */
const KNOWN: readonly (readonly [RegExp, FetchFailure["kind"], string])[] = [
  [/dns error/, "unreachable", "its name cannot be resolved"],
  [/Connection refused/, "unreachable", "it refuses the connection"],
  [/timed out/, "unreachable", "it cannot be connected to in time"],
  [/unreachable|No route/, "unreachable", "there is no way to it through the network"],
  [
    /UnknownIssuer|CaUsedAsEndEntity/,
    "unreachable",
    "its certificate is from a CA that is not trusted (insecure.ca names one that is)",
  ],
  [/NotValidForName|not valid for/, "unreachable", "its certificate is for another name"],
  [/certificate:? expired|Expired/i, "unreachable", "its certificate has expired"],
  [/NotValidYet|not valid yet/, "unreachable", "its certificate is not valid yet"],
  [/invalid peer certificate/, "unreachable", "its certificate is not accepted"],
  [
    /CertificateRequired|BadCertificate|CertificateUnknown|AccessDenied/,
    "unreachable",
    "it wants another client certificate",
  ],
  [/corrupt message|InvalidContentType/, "unreachable", "it doesn't speak TLS"],
  [/unsuccessful tunnel|proxy/i, "unreachable", "the proxy of the environment does not lead to it"],
  [/ports? .* blocked/, "unreachable", "its port is one that is not spoken HTTP to"],
  [/message head is too large/, "failing", "the head of its answer is too large"],
  [/invalid|pars/, "failing", "its answer is not HTTP"],
  [
    /closed before message|reset|IncompleteMessage|broken pipe/i,
    "unreachable",
    "it closed the connection without an answer",
  ],
  [/\(Connect\)/, "unreachable", "it cannot be connected to"],
];

export function explainFetchFailure(error: unknown): FetchFailure {
  const text = describe(error);
  for (const [pattern, kind, reason] of KNOWN) {
    if (pattern.test(text)) return { kind, reason };
  }
  return { kind: "unreachable", reason: "the connection to it failed" };
}

/** Without the URL, in which a host could stand that reads like one of ours. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return `${error.message} ${cause}`.replaceAll(/https?:\/\/[^\s()]*/g, "");
}
