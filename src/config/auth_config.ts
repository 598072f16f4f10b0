import type { AuthConfig } from "./config.ts";
import { nodeAt } from "./node.ts";
import type { Origin, Problems } from "./problem.ts";
import type { Settings } from "./settings.ts";
import { SIGNING_ALGORITHMS } from "./signing_algorithms.ts";

const NO_AUTH: AuthConfig = { kind: "none" };

/** How callers prove who they are. What is asked for and cannot be had is an error, never no authentication. */
export function authConfig(settings: Settings, problems: Problems): AuthConfig {
  const isThere = (kind: string) => nodeAt(settings.root, ["auth", kind]) !== undefined;
  const required = (path: RequiredPath) => requiredText(path, settings, problems);
  if (isThere("htpasswd")) {
    return {
      kind: "htpasswd",
      realm: required("auth.htpasswd.realm"),
      path: required("auth.htpasswd.path"),
    };
  }
  if (isThere("silly")) {
    return {
      kind: "silly",
      realm: required("auth.silly.realm"),
      service: required("auth.silly.service"),
    };
  }
  return isThere("token") ? tokenConfig(settings, problems) : NO_AUTH;
}

function tokenConfig(settings: Settings, problems: Problems): AuthConfig {
  const required = (path: RequiredPath) => requiredText(path, settings, problems);
  const [certificates, keys] = ["auth.token.rootcertbundle", "auth.token.jwks"] as const;
  const rootcertbundle = settings.get(certificates) || undefined;
  const jwks = settings.get(keys) || undefined;
  const isReported = settings.isRefused(certificates) || settings.isRefused(keys);
  if (rootcertbundle === undefined && jwks === undefined && !isReported) {
    problems.error(
      "found neither rootcertbundle nor jwks, expected at least one file of keys that tokens are signed by",
      "auth.token",
      originOf("auth.token", settings),
    );
  }
  return {
    kind: "token",
    realm: required("auth.token.realm"),
    service: required("auth.token.service"),
    issuer: required("auth.token.issuer"),
    rootcertbundle,
    jwks,
    autoredirect: settings.get("auth.token.autoredirect"),
    autoredirectpath: settings.get("auth.token.autoredirectpath"),
    signingalgorithms: signingAlgorithms(settings, problems),
  };
}

type RequiredPath =
  | "auth.htpasswd.realm"
  | "auth.htpasswd.path"
  | "auth.silly.realm"
  | "auth.silly.service"
  | "auth.token.realm"
  | "auth.token.service"
  | "auth.token.issuer";

function requiredText(path: RequiredPath, settings: Settings, problems: Problems): string {
  const text = settings.get(path);
  // an empty realm is one, in distribution too
  const isMissing = settings.find(path) === undefined || (text === "" && !path.endsWith("realm"));
  if (isMissing && !settings.isRefused(path)) {
    const kind = path.split(".")[1] ?? "";
    problems.error(
      `expected a text: it is needed for ${kind} authentication`,
      path,
      originOf(path, settings),
    );
  }
  return text;
}

/** Of the setting, else of the kind of authentication that it belongs to. */
function originOf(path: string, settings: Settings): Origin | undefined {
  const kind = path.split(".").slice(0, 2);
  return settings.find(path)?.node.origin ?? nodeAt(settings.root, kind)?.origin;
}

function signingAlgorithms(settings: Settings, problems: Problems): readonly string[] {
  const path = "auth.token.signingalgorithms";
  const named = settings.get(path);
  for (const name of named) {
    if (SIGNING_ALGORITHMS.includes(name)) continue;
    problems.error(
      `found ${JSON.stringify(name)}, expected some of ${SIGNING_ALGORITHMS.join(", ")}`,
      path,
      settings.find(path)?.node.origin,
    );
  }
  return named;
}
