import type {
  Access,
  AccessController,
  Action,
  Credentials,
  Decision,
  Refusal,
} from "../auth/access_controller.ts";
import { type ErrorCode, RegistryError } from "../oci/error.ts";
import { asRepositoryName, type RepositoryName } from "../oci/reference.ts";
import { queryValue } from "./query.ts";
import type { Route } from "./route.ts";

const PING: readonly Access[] = [{ action: "ping" }];
const CATALOG: readonly Access[] = [{ action: "catalog" }];

const CODES: Readonly<Record<Refusal["status"], ErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "DENIED",
  404: "NAME_UNKNOWN",
  429: "TOOMANYREQUESTS",
  503: "UNAVAILABLE",
};

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

/** What a refused caller is told. */
export async function refusalOf(
  access: AccessController,
  credentials: Credentials,
  refusal: Refusal,
  accesses: readonly Access[],
  route?: Route,
): Promise<RegistryError> {
  const isPush = accesses.some(({ action }) => action === "push");
  const source = refusal.status === 401 && isPush && route ? mountSource(route) : undefined;
  if (source === undefined) return refused(refusal, accesses);
  const wider = [...accesses, { action: "pull", repository: source } as const];
  const decision: Decision = await access.authorize(credentials, wider);
  return refused(decision.granted ? refusal : decision, wider);
}

function refused(refusal: Refusal, accesses: readonly Access[]): RegistryError {
  const { status, challenge, retryAfter, detail } = refusal;
  return new RegistryError(CODES[status], {
    status,
    detail: detail ?? describe(accesses),
    headers: {
      ...(challenge !== undefined && { "Www-Authenticate": challenge }),
      ...(retryAfter !== undefined && { "Retry-After": String(retryAfter) }),
    },
  });
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
