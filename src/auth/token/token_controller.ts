import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../async/clock.ts";
import { SIGNING_ALGORITHMS } from "../../config/signing_algorithms.ts";
import type { Logger } from "../../log/logger.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type {
  Access,
  AccessController,
  Credentials,
  Decision,
  Grant,
  Refusal,
} from "../access_controller.ts";
import { bearerToken } from "../bearer.ts";
import { BoundedFlights } from "./bounded_flights.ts";
import { type BearerChallenge, bearerChallenge } from "../challenge.ts";
import { clientNetwork } from "../client_network.ts";
import { redirectRealm } from "./redirect_realm.ts";
import { scopeOf } from "../scope.ts";
import type { TokenKeys } from "./token_keys.ts";
import type { TokenRights } from "./token_rights.ts";
import { verifyToken } from "./token_verifier.ts";
import { UnusableToken } from "./unusable_token.ts";

/** What a token has to be, and where to get one. */
export interface TokenRules {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly autoredirect: boolean;
  readonly autoredirectpath: string;
  /** JOSE names; empty: all of SIGNING_ALGORITHMS. */
  readonly signingalgorithms: readonly string[];
}

export interface TokenParts {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "credentials" | "reloaded">;
  readonly clock: Clock;
}

/** Where the keys are, as WatchedFiles has them: another object means other keys. */
export interface KeySource {
  readonly current: TokenKeys;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** What is known of a token, for as long as the keys are those that it was checked by. */
interface Known {
  readonly rights: TokenRights;
  readonly grant: Grant;
  /** For the catalog, which the right to is one of its own: it shows everything. */
  readonly catalogGrant: Grant;
  readonly until: number;
}

/** A token that proves nothing. */
type Wrong = "wrong";

/** In characters of tokens, to which what they grant is in proportion: thousands of usual ones. */
const MOST_REMEMBERED = 4 * 1024 * 1024;
/** In milliseconds; a push uses one token for tens of requests within it. */
const LONGEST_REMEMBERED = 5 * 60_000;
/** A signature keeps a core busy for 0.1 to 5 ms, so the last of these waits for about a second. */
const CHECKS = { atOnce: 8, mostWaiting: 256 };
const BUSY = "Cannot check this token now: too many others wait. Try again";

/** See openToken. */
export class TokenController implements AccessController {
  readonly #known = new LRUCache<string, Known>({ maxSize: MOST_REMEMBERED });
  readonly #checks = new BoundedFlights<Known | Wrong>(CHECKS);
  /** The keys that all of #known were checked by. */
  #keysOfKnown: TokenKeys;

  constructor(
    private readonly options: TokenRules,
    private readonly parts: TokenParts,
    private readonly keys: KeySource,
  ) {
    this.#keysOfKnown = keys.current;
  }

  authorize(credentials: Credentials, accesses: readonly Access[]): Decision | Promise<Decision> {
    const token = bearerToken(credentials.header("authorization"));
    if (token === undefined) return this.#refuse(credentials, accesses);
    const id = hash("sha256", token, "base64");
    const known = this.#remembered(id);
    if (known !== undefined) {
      this.parts.metrics.credentials("remembered");
      return this.#decide(known, credentials, accesses);
    }
    const owner = clientNetwork(credentials.remoteAddress);
    return this.#checks.run(id, owner, () => this.#check(id, token))
      .then((checked) => this.#decide(checked, credentials, accesses));
  }

  reload(): Promise<void> {
    return this.keys.reload();
  }

  close(): Promise<void> {
    return this.keys.close();
  }

  #remembered(id: string): Known | undefined {
    if (this.#keysOfKnown !== this.keys.current) {
      this.#known.clear();
      this.#keysOfKnown = this.keys.current;
    }
    const known = this.#known.get(id);
    return known !== undefined && this.parts.clock.now() < known.until ? known : undefined;
  }

  async #check(id: string, token: string): Promise<Known | Wrong> {
    const { clock, logger, metrics } = this.parts;
    const keys = this.keys.current;
    const now = clock.now();
    const { issuer, service, signingalgorithms } = this.options;
    const algorithms = signingalgorithms.length > 0 ? signingalgorithms : SIGNING_ALGORITHMS;
    try {
      const options = { issuer, service, algorithms };
      const { user, rights, until } = await verifyToken(token, options, keys, now);
      // keys that were replaced meanwhile prove nothing any more
      if (keys !== this.keys.current) return await this.#check(id, token);
      const catalogGrant = { granted: true, ...(user === undefined ? {} : { user }) } as const;
      const mayPull = (repository: string) => rights.may("pull", repository);
      const known = {
        rights,
        grant: { ...catalogGrant, mayPull },
        catalogGrant,
        until: Math.min(until, now + LONGEST_REMEMBERED),
      };
      if (this.#keysOfKnown === keys) {
        this.#known.set(id, known, { size: token.length });
      }
      metrics.credentials("checked");
      return known;
    } catch (error) {
      if (!(error instanceof UnusableToken)) throw error;
      logger.info(`Token refused: ${error.message}`);
      metrics.credentials("wrong");
      return "wrong";
    }
  }

  #decide(
    checked: Known | Wrong | undefined,
    credentials: Credentials,
    accesses: readonly Access[],
  ): Decision {
    if (checked === undefined) {
      this.parts.metrics.credentials("refused");
      return { granted: false, status: 429, retryAfter: 1, detail: BUSY };
    }
    if (checked === "wrong") return this.#refuse(credentials, accesses, "invalid_token");
    const { rights, grant, catalogGrant } = checked;
    if (accesses.every((access) => rights.covers(access))) {
      return accesses.some(({ action }) => action === "catalog") ? catalogGrant : grant;
    }
    const { user } = grant;
    const refusal = this.#refuse(credentials, accesses, "insufficient_scope");
    return user === undefined ? refusal : { ...refusal, user };
  }

  #refuse(
    credentials: Credentials,
    accesses: readonly Access[],
    error?: BearerChallenge["error"],
  ): Refusal {
    const { service, autoredirect, autoredirectpath } = this.options;
    const redirected = autoredirect ? redirectRealm(credentials, autoredirectpath) : undefined;
    const realm = redirected ?? this.options.realm;
    const challenge = bearerChallenge({ realm, service, scope: scopeOf(accesses), error });
    return { granted: false, status: 401, challenge };
  }
}
