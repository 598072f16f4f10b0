import type {
  Access,
  AccessController,
  Credentials,
  Decision,
  Refusal,
  Token,
} from "../access_controller.ts";
import type { Authenticator } from "../authenticator.ts";
import { bearerToken } from "../bearer.ts";
import { NOBODY, readBasicHeader } from "../basic.ts";
import { bearerChallenge } from "../challenge.ts";
import { refusalOf } from "../every_user.ts";
import { scopeOf } from "../scope.ts";

const SERVICE = "berth";
/** In seconds, after which a client asks again, and finds out that its password is none any more. Nothing rests on it. */
const EXPIRES_IN = 300;

export interface PasswordTokenParts {
  readonly access: AccessController;
  /** Of users by HTTP's Basic scheme. */
  readonly users: Authenticator;
  /** The URL at which `issueToken` answers, as this client reaches it; undefined when that isn't known. */
  readonly realm: (credentials: Credentials) => string | undefined;
}

/**
 * Lets clients without credentials pull where everybody may. docker's own pulls end when `/v2/` challenges for a password and it has
 * none ("no basic auth credentials"), and without a challenge it never sends the password that it has. A challenge for tokens is one
 * that it can answer either way (the Docker registry token protocol, as Docker Hub has it).
 *
 * A token is the base64 of the Basic scheme itself, or that of nobody: it is right exactly as long as the password, for every server
 * that has the same users, and nothing must be kept or signed. It goes to whom the password came from, over the same connection.
 */
export function withPasswordTokens({ access, users, realm }: PasswordTokenParts): AccessController {
  const challenged = (
    decision: Decision,
    credentials: Credentials,
    accesses: readonly Access[],
    token: string | undefined,
  ): Decision => {
    if (decision.granted || decision.status !== 401) return decision;
    const url = realm(credentials);
    if (url === undefined || isBrowser(credentials)) return decision;
    const error = token === undefined
      ? undefined
      : token === NOBODY
      ? "insufficient_scope"
      : "invalid_token";
    const scope = scopeOf(accesses);
    const challenge = bearerChallenge({ realm: url, service: SERVICE, scope, error });
    return { ...decision, challenge };
  };

  return {
    authorize: (credentials, accesses) => {
      const token = bearerToken(credentials.header("authorization"));
      // whoever has a token has answered the challenge
      if (token === NOBODY && accesses.every(({ action }) => action === "ping")) {
        return { granted: true };
      }
      const basic = token === undefined ? credentials : asBasic(credentials, token);
      const decided = access.authorize(basic, accesses);
      return decided instanceof Promise
        ? decided.then((decision) => challenged(decision, credentials, accesses, token))
        : challenged(decided, credentials, accesses, token);
    },
    issueToken: (credentials) => issue(users, credentials),
    reload: async () => await access.reload?.(),
    close: async () => await access.close?.(),
  };
}

/** Browsers ask for a password when they are challenged by the Basic scheme alone, and docker pulls only when it is not named at all. */
function isBrowser(credentials: Credentials): boolean {
  return credentials.header("user-agent")?.startsWith("Mozilla/") ?? false;
}

async function issue(users: Authenticator, credentials: Credentials): Promise<Token | Refusal> {
  const identity = await users.identify(credentials);
  if (identity.kind === "anonymous") return { text: NOBODY, expiresIn: EXPIRES_IN };
  if (identity.kind !== "user") return refusalOf(identity, users.challenge);
  const header = readBasicHeader(credentials.header("authorization"));
  if (header.kind !== "encoded") throw new Error("Cannot issue a token: a user came without Basic");
  return { text: header.text, expiresIn: EXPIRES_IN, user: identity.name };
}

function asBasic(credentials: Credentials, token: string): Credentials {
  const authorization = `Basic ${token}`;
  return {
    header: (name) => name === "authorization" ? authorization : credentials.header(name),
    remoteAddress: credentials.remoteAddress,
    secure: credentials.secure,
  };
}
