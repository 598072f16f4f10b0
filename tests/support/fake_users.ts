import type { Credentials } from "../../src/auth/access_controller.ts";
import type { Authenticator, Identity } from "../../src/auth/authenticator.ts";
import { decodeBasic } from "../../src/auth/basic.ts";

/** The challenge of FakeUsers. */
export const CHALLENGE = 'Basic realm="test"';

/**
 * Believes every name: `Authorization: User alice` is alice, and so is alice by HTTP's Basic scheme when her password is `right`. `User`
 * alone is wrong, `Busy` is one of too many. Remembers how often it was asked.
 */
export class FakeUsers implements Authenticator {
  readonly challenge = CHALLENGE;
  asked = 0;
  reloads = 0;
  closed = 0;

  /** @param later answers with a promise, as an authenticator does that must look first */
  constructor(private readonly later = false) {}

  identify(credentials: Credentials): Identity | Promise<Identity> {
    this.asked++;
    const identity = identityOf(credentials.header("authorization"));
    return this.later ? Promise.resolve(identity) : identity;
  }

  reload(): Promise<void> {
    this.reloads++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

function identityOf(authorization: string | undefined): Identity {
  if (authorization === undefined) return { kind: "anonymous" };
  if (authorization === "Busy") return { kind: "busy", retryAfter: 7 };
  if (authorization.startsWith("Basic ")) return basicIdentity(authorization.slice(6));
  const name = /^User (.+)$/.exec(authorization)?.[1];
  return name === undefined ? { kind: "wrong" } : { kind: "user", name };
}

function basicIdentity(encoded: string): Identity {
  const { user, password } = decodeBasic(encoded) ?? { user: "", password: "wrong" };
  if (user === "" && password === "") return { kind: "anonymous" };
  return password === "right" ? { kind: "user", name: user } : { kind: "wrong" };
}

/** What a controller is asked with. */
export function credentialsOf(authorization?: string): Credentials {
  return {
    header: (name) => name === "authorization" ? authorization : undefined,
    remoteAddress: "127.0.0.1",
    secure: false,
  };
}
