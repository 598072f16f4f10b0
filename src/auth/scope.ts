import type { Access } from "./access_controller.ts";

/** What distribution calls the thing that a request needs, without its action. */
export function resourceOf(access: Access): string | undefined {
  if (access.action === "ping") return undefined;
  return access.action === "catalog" ? "registry:catalog" : `repository:${access.repository ?? ""}`;
}

/** The action by the token protocol's name: a catalog asks for all. */
export function actionOf(access: Access): string {
  return access.action === "catalog" ? "*" : access.action;
}

/** `repository:a:pull,push repository:b:pull`, undefined when nothing but a token is needed. In the order of the accesses. */
export function scopeOf(accesses: readonly Access[]): string | undefined {
  const actions = new Map<string, Set<string>>();
  for (const access of accesses) {
    const resource = resourceOf(access);
    if (resource === undefined) continue;
    const named = actions.get(resource) ?? new Set();
    actions.set(resource, named.add(actionOf(access)));
  }
  if (actions.size === 0) return undefined;
  return [...actions].map(([resource, named]) => `${resource}:${[...named].join(",")}`).join(" ");
}
