import type { AccessController, Decision, Refusal } from "./access_controller.ts";
import type { Authenticator, Identity } from "./authenticator.ts";

/** Whoever is a user may do everything, and nobody else anything: distribution's htpasswd, a registry without `access`. */
export function everyUser(authenticator: Authenticator): AccessController {
  const decide = (identity: Identity): Decision =>
    identity.kind === "user"
      ? { granted: true, user: identity.name }
      : refusalOf(identity, authenticator.challenge);
  return {
    authorize: (credentials) => {
      const identity = authenticator.identify(credentials);
      return identity instanceof Promise ? identity.then(decide) : decide(identity);
    },
    reload: async () => await authenticator.reload?.(),
    close: async () => await authenticator.close?.(),
  };
}

/** What somebody is told who is nobody that is known. */
export function refusalOf(
  identity: Exclude<Identity, { kind: "user" }>,
  challenge: string,
): Refusal {
  if (identity.kind !== "busy") return { granted: false, status: 401, challenge };
  const detail = "Cannot check these credentials now: too many others wait. Try again";
  return { granted: false, status: 429, retryAfter: identity.retryAfter, detail };
}
