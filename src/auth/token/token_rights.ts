import type { Access } from "../access_controller.ts";
import { isObject } from "./strict_json.ts";
import { UnusableToken } from "./unusable_token.ts";

/** A token's list is bounded by its length; this bounds what one costs while it is remembered. */
const MOST_ENTRIES = 1000;
const NONE: ReadonlySet<string> = new Set();

/** What the `access` claim of a token grants (the Docker registry token specification). Other resources than ours are left out. */
export class TokenRights {
  readonly #repositories = new Map<string, Set<string>>();
  readonly #catalog = new Set<string>();

  /** @throws UnusableToken when it isn't of the form that distribution reads */
  constructor(claim: unknown) {
    if (claim === undefined || claim === null) return;
    if (!Array.isArray(claim)) throw malformed();
    if (claim.length > MOST_ENTRIES) throw new UnusableToken('its "access" is too long');
    for (const entry of claim) this.#add(entry);
  }

  covers(access: Access): boolean {
    if (access.action === "ping") return true;
    if (access.action === "catalog") return this.#catalog.has("*");
    return access.repository !== undefined && this.may(access.action, access.repository);
  }

  may(action: string, repository: string): boolean {
    const actions = this.#repositories.get(repository) ?? NONE;
    return actions.has(action) || actions.has("*");
  }

  #add(entry: unknown): void {
    if (!isObject(entry)) throw malformed();
    const { type, name, actions, class: kind } = entry;
    if (!isText(type) || !isText(name) || !isText(kind) || !isTexts(actions)) throw malformed();
    const isCatalog = type === "registry" && name === "catalog";
    if (!isCatalog && (type !== "repository" || !name)) return;
    const granted = isCatalog ? this.#catalog : this.#repositories.get(name) ?? new Set();
    for (const action of actions ?? []) granted.add(action);
    if (!isCatalog) this.#repositories.set(name, granted);
  }
}

function malformed(): UnusableToken {
  return new UnusableToken(
    'its "access" is no list of objects with type, name and a list of actions',
  );
}

/** Absent and null count as empty, as in Go. */
function isText(value: unknown): value is string | undefined | null {
  return value === undefined || value === null || typeof value === "string";
}

function isTexts(value: unknown): value is readonly string[] | undefined | null {
  return value === undefined || value === null ||
    (Array.isArray(value) && value.every((item) => typeof item === "string"));
}
