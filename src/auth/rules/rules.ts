import type {
  Access,
  AccessController,
  Credentials,
  Decision,
  Refusal,
} from "../access_controller.ts";
import type { Authenticator, Identity } from "../authenticator.ts";
import { refusalOf } from "../every_user.ts";
import { withPasswordTokens } from "./password_tokens.ts";
import { type AccessRule, type Rights, Rulebook } from "./rulebook.ts";

const NOBODY: Identity = { kind: "anonymous" };

/**
 * `access`: whatever any rule grants, and nothing else. The answers to what is not granted:
 *
 * | caller | pull | push, delete, catalog |
 * |---|---|---|
 * | without credentials | 401 with the challenge | the same |
 * | without credentials, and there are no users | 403 | 403 |
 * | wrong credentials | 401, also where anybody may | the same |
 * | a user | 404, as if it weren't there | 403 |
 *
 * `/v2/` challenges whoever brings no credentials although others of its requests may be granted: docker sends them only after that,
 * and `docker login` asks nothing else.
 *
 * The right to push is enough to push. A push asks for pull as well (distribution's scopes), which doesn't count here, so that a robot
 * can write what it may not read. crane, skopeo and podman push with it alone, each time all blobs, since they aren't told which are
 * there. docker looks for each blob that it has pushed, so it needs pull.
 *
 * @param authenticator undefined: there are no users, rules for `anonymous` alone can grant anything
 * @param realm where tokens are handed out, see PasswordTokenParts; they are when a rule is for `anonymous`
 */
export function byRules(
  rules: readonly AccessRule[],
  authenticator: Authenticator | undefined,
  realm?: (credentials: Credentials) => string | undefined,
): AccessController {
  const access = checkRules(rules, authenticator);
  const isOpen = rules.some(({ users }) => users.includes("anonymous"));
  if (authenticator === undefined || realm === undefined || !isOpen) return access;
  return withPasswordTokens({ access, users: authenticator, realm });
}

function checkRules(
  rules: readonly AccessRule[],
  authenticator: Authenticator | undefined,
): AccessController {
  const book = new Rulebook(rules);
  const refuseNobody = (): Refusal =>
    authenticator === undefined
      ? { granted: false, status: 403 }
      : { granted: false, status: 401, challenge: authenticator.challenge };

  const decide = (identity: Identity, accesses: readonly Access[]): Decision => {
    if (identity.kind === "user") {
      const rights = book.rightsOf(identity.name);
      const missing = firstMissing(rights, accesses);
      return missing === undefined ? rights.grant : refuseUser(identity.name, missing);
    }
    if (identity.kind !== "anonymous") return refusalOf(identity, authenticator?.challenge ?? "");
    const rights = book.rightsOfAnybody;
    const isPing = accesses.every(({ action }) => action === "ping");
    if (isPing && authenticator !== undefined) return refuseNobody();
    return firstMissing(rights, accesses) === undefined ? rights.grant : refuseNobody();
  };

  return {
    authorize: (credentials, accesses) => {
      const identity = authenticator === undefined ? NOBODY : authenticator.identify(credentials);
      return identity instanceof Promise
        ? identity.then((known) => decide(known, accesses))
        : decide(identity, accesses);
    },
    reload: async () => await authenticator?.reload?.(),
    close: async () => await authenticator?.close?.(),
  };
}

function refuseUser(user: string, { action }: Access): Refusal {
  return { granted: false, status: action === "pull" ? 404 : 403, user };
}

/** What hides comes last: who may neither push to a repository nor pull from another is told about the push. */
function firstMissing(rights: Rights, accesses: readonly Access[]): Access | undefined {
  let hidden: Access | undefined;
  for (const access of accesses) {
    if (access.action === "ping" || rights.allows(access.action, access.repository)) continue;
    if (access.action !== "pull") return access;
    if (!isPushOf(access.repository, accesses)) hidden = access;
  }
  return hidden;
}

function isPushOf(repository: string | undefined, accesses: readonly Access[]): boolean {
  return accesses.some((other) => other.action === "push" && other.repository === repository);
}
