import type { AccessAction, AccessRule } from "./config.ts";
import { suggestion } from "./nearest.ts";
import { nodeAt } from "./node.ts";
import type { Origin, Problems } from "./problem.ts";
import { whyUnmatched } from "./repository_pattern.ts";
import type { Settings } from "./settings.ts";

const ACTIONS: readonly AccessAction[] = ["pull", "push", "delete", "catalog"];
const ANYBODY = "anonymous";
const KEYWORDS: readonly string[] = [ANYBODY, "authenticated"];

/** The rules of `access`, undefined without that section. An empty list grants nobody anything. */
export function accessRules(
  settings: Settings,
  problems: Problems,
): readonly AccessRule[] | undefined {
  const node = nodeAt(settings.root, ["access"]);
  if (node === undefined || node.kind === "null") return undefined;
  checkAuth(settings, problems, node.origin);
  const count = settings.count("access");
  if (count === 0 && node.kind === "list") {
    problems.warn("no rules: nobody may do anything", "access", node.origin);
  }
  return Array.from({ length: count }, (_, index) => {
    return new Rule(settings, problems, index, node.origin).read();
  });
}

function checkAuth(settings: Settings, problems: Problems, origin: Origin): void {
  const isThere = (kind: string) => nodeAt(settings.root, ["auth", kind]) !== undefined;
  const kind = ["token", "silly"].find(isThere);
  if (kind === undefined) return;
  const why = kind === "token" ? "a token says what its holder may do" : "it knows no users";
  problems.error(`cannot be used with auth.${kind}: ${why}`, "access", origin);
}

/** One element of `access`. */
class Rule {
  constructor(
    private readonly settings: Settings,
    private readonly problems: Problems,
    private readonly index: number,
    private readonly origin: Origin,
  ) {}

  read(): AccessRule {
    const element = nodeAt(this.settings.root, ["access", this.index]);
    // what is no mapping was refused as a whole
    if (element?.kind !== "map") return { repositories: [], users: [], actions: [] };
    const actions = this.#list("actions");
    const repositories = this.#list("repositories");
    const users = this.#list("users");
    this.#checkActions(actions);
    this.#checkRepositories(repositories);
    this.#checkUsers(users);
    return { repositories, users, actions: actions as readonly AccessAction[] };
  }

  #list(key: string): readonly string[] {
    const path = this.#path(key);
    const values = (this.settings.find(path)?.value ?? []) as readonly string[];
    const isWrong = values.length === 0 || values.includes("");
    if (isWrong && !this.settings.isRefused(path)) {
      const expected = "expected a list with at least one entry, and no empty ones";
      this.problems.error(expected, path, this.#originOf(key));
    }
    return values;
  }

  #checkActions(actions: readonly string[]): void {
    for (const action of actions) {
      if ((ACTIONS as readonly string[]).includes(action) || action === "") continue;
      const hint = suggestion(action, ACTIONS) || `, expected some of ${ACTIONS.join(", ")}`;
      const found = `found ${JSON.stringify(action)}${hint}`;
      this.problems.error(found, this.#path("actions"), this.#originOf("actions"));
    }
  }

  #checkRepositories(patterns: readonly string[]): void {
    for (const pattern of patterns) {
      const why = whyUnmatched(pattern);
      if (why === undefined) continue;
      const found = `${JSON.stringify(pattern)} matches no repository: ${why}`;
      this.problems.warn(found, this.#path("repositories"), this.#originOf("repositories"));
    }
  }

  #checkUsers(users: readonly string[]): void {
    const warn = (message: string) => {
      this.problems.warn(message, this.#path("users"), this.#originOf("users"));
    };
    for (const user of users) {
      const keyword = user.toLowerCase();
      if (user === keyword || !KEYWORDS.includes(keyword)) continue;
      warn(`${JSON.stringify(user)} is the name of a user, did you mean ${keyword}?`);
    }
    const named = users.filter((user) => user !== ANYBODY && user !== "");
    const isThere = (kind: string) => nodeAt(this.settings.root, ["auth", kind]) !== undefined;
    // the others are refused beside `access`
    if (named.length === 0 || ["htpasswd", "token", "silly"].some(isThere)) return;
    const names = named.map((name) => JSON.stringify(name)).join(", ");
    warn(`there are no users without auth.htpasswd, so that ${names} lets nobody in`);
  }

  #path(key: string): string {
    return `access[${this.index}].${key}`;
  }

  /** Of the setting, else of the rule, else of all. */
  #originOf(key: string): Origin {
    return this.settings.find(this.#path(key))?.node.origin ??
      nodeAt(this.settings.root, ["access", this.index])?.origin ?? this.origin;
  }
}
