import { LRUCache } from "lru-cache";
import { countBounded } from "../../async/count_bounded.ts";
import type { Action, Grant } from "../access_controller.ts";
import { Glob } from "../../oci/glob.ts";

/** A rule of `access` as it is configured. */
export interface AccessRule {
  /** Globs over whole names. */
  readonly repositories: readonly string[];
  /**
   * Globs over names of users; `authenticated` is any user, `anonymous` is anybody: users too, so that nobody can do less with
   * credentials than without.
   */
  readonly users: readonly string[];
  /** `catalog` is the right to list what the other rules let the caller pull; its `repositories` don't narrow that. */
  readonly actions: readonly RuledAction[];
}

export type RuledAction = Exclude<Action, "ping">;

/** What one caller may do. */
export interface Rights {
  /** @param repository undefined for the catalog */
  allows(action: RuledAction, repository: string | undefined): boolean;
  /** The same for all its requests. */
  readonly grant: Grant;
}

/** Users and repositories of which is remembered which rules are about them. */
const CACHED_USERS = 1_000;
const CACHED_REPOSITORIES = 10_000;

/** All rules, compiled once. Names come from clients, so what is remembered of them is bounded. */
export class Rulebook {
  readonly #rules: readonly Rule[];
  readonly #users = new LRUCache<string, Rights>(countBounded(CACHED_USERS));
  readonly #about = new LRUCache<string, readonly Rule[]>(countBounded(CACHED_REPOSITORIES));
  readonly rightsOfAnybody: Rights;

  constructor(rules: readonly AccessRule[]) {
    this.#rules = rules.map((rule) => new Rule(rule));
    this.rightsOfAnybody = this.#rightsBy(this.#rules.filter((rule) => rule.isForAnybody));
  }

  rightsOf(user: string): Rights {
    let rights = this.#users.get(user);
    if (rights === undefined) {
      rights = this.#rightsBy(this.#rules.filter((rule) => rule.isFor(user)), user);
      this.#users.set(user, rights);
    }
    return rights;
  }

  #rightsBy(rules: readonly Rule[], user?: string): Rights {
    const having = (action: RuledAction) => new Set(rules.filter((rule) => rule.has(action)));
    const granting = { pull: having("pull"), push: having("push"), delete: having("delete") };
    const mayList = having("catalog").size > 0;
    const mayPull = (name: string) => this.#isAbout(name, granting.pull);
    const seesBelow = (folder: string) =>
      [...granting.pull].some((rule) => rule.isAboutBelow(folder));
    const pullsAll = [...granting.pull].some((rule) => rule.isAboutAll);
    return {
      allows: (action, repository) =>
        action === "catalog"
          ? mayList
          : repository !== undefined && this.#isAbout(repository, granting[action]),
      grant: {
        granted: true,
        ...(user !== undefined && { user }),
        ...(!pullsAll && { mayPull, sight: { sees: mayPull, seesBelow } }),
      },
    };
  }

  #isAbout(repository: string, rules: ReadonlySet<Rule>): boolean {
    if (rules.size === 0) return false;
    let about = this.#about.get(repository);
    if (about === undefined) {
      about = this.#rules.filter((rule) => rule.isAbout(repository));
      this.#about.set(repository, about);
    }
    return about.some((rule) => rules.has(rule));
  }
}

class Rule {
  readonly isForAnybody: boolean;
  readonly #isForUsers: boolean;
  readonly #users: readonly Glob[];
  readonly #repositories: readonly Glob[];
  readonly #actions: ReadonlySet<RuledAction>;

  constructor({ repositories, users, actions }: AccessRule) {
    this.isForAnybody = users.includes("anonymous");
    this.#isForUsers = this.isForAnybody || users.includes("authenticated");
    this.#users = users.map((pattern) => new Glob(pattern));
    this.#repositories = repositories.map((pattern) => new Glob(pattern));
    this.#actions = new Set(actions);
  }

  get isAboutAll(): boolean {
    return this.#repositories.some((glob) => glob.isEverything);
  }

  has(action: RuledAction): boolean {
    return this.#actions.has(action);
  }

  isFor(user: string): boolean {
    return this.#isForUsers || this.#users.some((glob) => glob.matches(user));
  }

  isAbout(repository: string): boolean {
    return this.#repositories.some((glob) => glob.matches(repository));
  }

  isAboutBelow(folder: string): boolean {
    return this.#repositories.some((glob) => glob.matchesBelow(folder));
  }
}
