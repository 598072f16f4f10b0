import type {
  Access,
  AccessController,
  Action,
  Credentials,
  Decision,
} from "../auth/access_controller.ts";
import { RegistryError } from "../oci/error.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import { queryValue } from "./query.ts";
import type { Route } from "./route.ts";

const PING: readonly Access[] = [{ action: "ping" }];
const CATALOG: readonly Access[] = [{ action: "catalog" }];

type Refusal = Extract<Decision, { granted: false }>;

/** What an action on a route needs (distribution's appendAccessRecords: a push asks for pull as well). */
export function accessesFor(action: Action, route: Route): readonly Access[] {
  if (action === "catalog") return CATALOG;
  if (action === "ping" || !("name" in route)) return PING;
  const repository = route.name;
  if (action !== "push") return [{ action, repository }];
  return [{ action: "pull", repository }, { action: "push", repository }];
}

/**
 * The repository that a mount names, which the caller must be able to pull. Not having that right doesn't refuse the request (the
 * client then uploads), but a challenge names it, so that a token is asked for with it.
 */
export function mountSource(route: Route): RepositoryName | undefined {
  if (route.kind !== "uploadStart" || !queryValue(route.query, "mount")) return undefined;
  return asRepositoryName(queryValue(route.query, "from") ?? "");
}

/** @throws RegistryError UNAUTHORIZED, DENIED or TOOMANYREQUESTS when the accesses are not granted */
export async function authorize(
  access: AccessController,
  credentials: Credentials,
  action: Action,
  route: Route,
): Promise<string | undefined> {
  const accesses = accessesFor(action, route);
  const decided = access.authorize(credentials, accesses);
  const decision = decided instanceof Promise ? await decided : decided;
  if (decision.granted) return decision.user;
  const source = mountSource(route);
  if (source === undefined) throw refused(decision, accesses);
  const wider = [...accesses, { action: "pull", repository: source } as const];
  const refusal = await access.authorize(credentials, wider);
  throw refused(refusal.granted ? decision : refusal, wider);
}

function refused(refusal: Refusal, accesses: readonly Access[]): RegistryError {
  const code = refusal.status === 401
    ? "UNAUTHORIZED"
    : refusal.status === 403
    ? "DENIED"
    : "TOOMANYREQUESTS";
  const headers = refusal.challenge === undefined ? {} : { "Www-Authenticate": refusal.challenge };
  return new RegistryError(code, { detail: refusal.detail ?? describe(accesses), headers });
}

/** As distribution writes its access records; null when nothing but credentials was asked for. */
function describe(accesses: readonly Access[]): unknown {
  const records = accesses.filter(({ action }) => action !== "ping").map(({ action, repository }) =>
    action === "catalog"
      ? { Type: "registry", Class: "", Name: "catalog", Action: "*" }
      : { Type: "repository", Class: "", Name: repository, Action: action }
  );
  return records.length === 0 ? null : records;
}
