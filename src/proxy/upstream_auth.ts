import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import { countBounded } from "../async/count_bounded.ts";
import { SingleFlight } from "../async/single_flight.ts";
import type { Logger } from "../log/logger.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { basic } from "./basic.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { CredentialError, type Credentials, type CredentialSource } from "./credentials.ts";
import type { OutboundRule } from "./outbound_rule.ts";
import type { Token, TokenClient, TokenRequest } from "./token_client.ts";
import { UpstreamError } from "./upstream.ts";
import { orAborted, Watchdog } from "./watchdog.ts";

/** Whom a request is for. */
export interface Audience {
  readonly origin: string;
  /** Whether the configured credentials are for it: the configured origin, as long as no redirect left it. */
  readonly trusted: boolean;
  readonly repository: RepositoryName;
}

export interface AuthOptions {
  readonly upstream: string;
  readonly credentials: CredentialSource;
  readonly tokens: TokenClient;
  readonly rule: OutboundRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The token server has refused the credentials, or the registry has. */
  readonly refused: () => void;
  /** Milliseconds for which one may wait for a token, its helper included. */
  readonly limit: number;
}

interface Bearer {
  readonly kind: "bearer";
  readonly realm: URL;
  readonly service: string | undefined;
}

type Scheme = { readonly kind: "basic" } | Bearer;

interface Learned {
  readonly scheme: Scheme | undefined;
  readonly at: number;
}

/** Something else to send. */
export interface Renewed {
  readonly header: string;
  /** Whether it was made just now, so that a 401 to it is final. */
  readonly isFresh: boolean;
}

interface KeptToken {
  readonly token: string;
  readonly until: number;
}

const MOST_TOKENS = 1_000;
const MOST_ORIGINS = 100;
/** Milliseconds for which credentials that were refused are not shown again: some servers lock accounts. */
const REFUSED_FOR = 60_000;
/** Milliseconds after which an origin is asked anew how it wants to be asked: its token server may have moved. */
const KNOWN_FOR = 300_000;

/**
 * What goes into Authorization, for the configured origin and for those that it redirects to: nothing, Basic, or a token. The scope is
 * always ours; a token is shared by whoever needs it and asked for once.
 */
export class UpstreamAuth {
  readonly #schemes = new LRUCache<string, Learned>(countBounded(MOST_ORIGINS));
  readonly #tokens = new LRUCache<string, KeptToken>(countBounded(MOST_TOKENS));
  readonly #flights = new SingleFlight<string | undefined>();
  #refusedUntil = -Infinity;

  constructor(private readonly options: AuthOptions) {}

  /** Whether it knows how the origin wants to be asked, be it without anything. */
  knows(audience: Audience): boolean {
    const learned = this.#schemes.get(keyOf(audience));
    if (learned === undefined) return false;
    const age = this.options.clock.now() - learned.at;
    return age >= 0 && age < KNOWN_FOR;
  }

  /** What is to be sent along by what is known; undefined: nothing. @throws UpstreamError */
  async header(audience: Audience, signal: AbortSignal): Promise<string | undefined> {
    if (!this.knows(audience)) return undefined;
    const scheme = this.#schemes.get(keyOf(audience))?.scheme;
    if (scheme?.kind === "bearer") return (await this.#bearer(audience, scheme, signal))?.header;
    if (scheme?.kind !== "basic") return undefined;
    const credentials = await orAborted(this.#credentials(), signal);
    return credentials && basic(credentials);
  }

  /** Remembers how the origin wants to be asked. @param challenges of its WWW-Authenticate; null: it had none */
  learn(audience: Audience, challenges: string | null): Scheme | undefined {
    const scheme = this.#choose(audience, parseChallenges(challenges ?? ""));
    this.#schemes.set(keyOf(audience), { scheme, at: this.options.clock.now() });
    return scheme;
  }

  /**
   * After a 401: something else to send than what was sent; undefined: there is nothing else.
   * @throws UpstreamError
   */
  async renew(
    audience: Audience,
    challenges: string | null,
    sent: string | undefined,
    signal: AbortSignal,
  ): Promise<Renewed | undefined> {
    const scheme = this.learn(audience, challenges);
    if (scheme === undefined) return undefined;
    if (scheme.kind === "basic") return await orAborted(this.#renewBasic(sent), signal);
    const key = tokenKey(audience, scheme);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && `Bearer ${kept.token}` === sent) this.#tokens.delete(key);
    return await this.#bearer(audience, scheme, signal);
  }

  #choose(audience: Audience, challenges: readonly Challenge[]): Scheme | undefined {
    for (const { scheme, parameters } of challenges) {
      const text = parameters.get("realm");
      if (scheme !== "bearer" || text === undefined) continue;
      const realm = URL.parse(text);
      if (realm === null) continue;
      return { kind: "bearer", realm, service: parameters.get("service") };
    }
    const wantsBasic = challenges.some(({ scheme }) => scheme === "basic");
    return wantsBasic && audience.trusted ? { kind: "basic" } : undefined;
  }

  async #renewBasic(sent: string | undefined): Promise<Renewed | undefined> {
    const credentials = await this.#credentials();
    const header = credentials && basic(credentials);
    if (credentials === undefined || header === undefined) return undefined;
    if (header !== sent) return { header, isFresh: false };
    const others = await this.#insteadOf(credentials);
    if (others === undefined) this.#tellRefused("it");
    const other = others && basic(others);
    return other === undefined ? undefined : { header: other, isFresh: true };
  }

  async #bearer(
    audience: Audience,
    scheme: Bearer,
    signal: AbortSignal,
  ): Promise<Renewed | undefined> {
    const key = tokenKey(audience, scheme);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && this.options.clock.now() < kept.until) {
      return { header: `Bearer ${kept.token}`, isFresh: false };
    }
    const flight = this.#flights.run(key, () => this.#fetch(audience, scheme, key));
    const header = await orAborted(flight, signal);
    return header === undefined ? undefined : { header, isFresh: true };
  }

  /** For all who wait: so no single one's signal ends it, but a limit. */
  async #fetch(
    audience: Audience,
    scheme: Bearer,
    key: string,
  ): Promise<string | undefined> {
    const { upstream, limit, clock } = this.options;
    using watchdog = new Watchdog();
    watchdog.watch(
      limit,
      () => new UpstreamError(upstream, "timeout", `no token came within ${limit / 1000} s`),
    );
    const asked = clock.now();
    const scope = `repository:${audience.repository}:pull`;
    let token: Token | undefined;
    try {
      token = await this.#token(audience, scheme, scope, watchdog.signal);
    } catch (error) {
      const mayBePassing = error instanceof UpstreamError &&
        (error.kind === "unreachable" || error.kind === "timeout");
      if (!mayBePassing) this.#schemes.delete(keyOf(audience)); // its next challenge may be better
      throw error;
    }
    if (token === undefined) return undefined;
    this.#tokens.set(key, { token: token.token, until: asked + token.lifetime * 900 });
    return `Bearer ${token.token}`;
  }

  async #token(
    audience: Audience,
    { realm, service }: Bearer,
    scope: string,
    signal: AbortSignal,
  ): Promise<Token | undefined> {
    const { tokens, rule, clock } = this.options;
    const anonymous = { realm, service, scope, credentials: undefined };
    const mayHave = audience.trusted && rule.mayHaveCredentials(realm) &&
      clock.now() >= this.#refusedUntil;
    const credentials = mayHave ? await orAborted(this.#credentials(), signal) : undefined;
    if (credentials !== undefined) {
      const token = await tokens.fetch({ ...anonymous, credentials }, signal) ??
        await this.#secondTry(anonymous, credentials, signal);
      if (token !== undefined) return token;
      // An expired password must not keep anybody from public images.
      this.#refusedUntil = clock.now() + REFUSED_FOR;
      this.#tellRefused(`its token server ${realm.host}`);
    }
    return await tokens.fetch(anonymous, signal);
  }

  /** A helper may have others by now. */
  async #secondTry(
    anonymous: TokenRequest,
    refused: Credentials,
    signal: AbortSignal,
  ): Promise<Token | undefined> {
    const credentials = await orAborted(this.#insteadOf(refused), signal);
    return credentials && await this.options.tokens.fetch({ ...anonymous, credentials }, signal);
  }

  async #credentials(): Promise<Credentials | undefined> {
    return await this.#asUpstreamError(this.options.credentials.current());
  }

  async #insteadOf(refused: Credentials): Promise<Credentials | undefined> {
    return await this.#asUpstreamError(this.options.credentials.insteadOf(refused));
  }

  async #asUpstreamError<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      throw new UpstreamError(this.options.upstream, "denied", error.message);
    }
  }

  #tellRefused(who: string): void {
    const { upstream, logger, refused } = this.options;
    refused();
    logger.warn(`${upstream}: ${who} refuses the configured credentials`, { upstream });
  }
}

function keyOf({ origin, trusted }: Audience): string {
  return `${trusted} ${origin}`;
}

/** Of one upstream, which has one user: so trusted or not says which. */
function tokenKey(
  audience: Audience,
  { realm, service }: Bearer,
): string {
  return JSON.stringify([keyOf(audience), realm.href, service, audience.repository]);
}
