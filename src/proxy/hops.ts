import { SingleFlight } from "../async/single_flight.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { HttpAnswer } from "./http_answer.ts";
import type { OutboundRule } from "./outbound_rule.ts";
import { UpstreamError } from "./upstream.ts";
import type { Audience, Renewed, UpstreamAuth } from "./upstream_auth.ts";
import type { SendRequest } from "./upstream_client.ts";
import { orAborted, Watchdog } from "./watchdog.ts";

/** One question to an upstream, wherever it sends us for the answer. */
export interface Errand {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly repository: RepositoryName;
  /** Nothing in them is secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;
/** Times that Authorization is renewed for one address: a token that was kept, then a new one. */
const MOST_RENEWALS = 2;

/** Goes where an upstream's redirects lead, by rule, and answers the challenges on the way. */
export class Hops {
  readonly #pings = new SingleFlight<void>();

  /**
   * @param pingLimit milliseconds
   * @param hasCredentials whether there are any, so that it must be found out how they are wanted: some registries hide what anonymous
   * users may not see behind a 404
   * @param answered called with each answer of the configured origin
   */
  constructor(
    private readonly upstream: string,
    private readonly send: SendRequest,
    private readonly rule: OutboundRule,
    private readonly auth: UpstreamAuth,
    private readonly ping: URL,
    private readonly pingLimit: number,
    private readonly hasCredentials: boolean,
    private readonly answered: (answer: HttpAnswer) => void,
  ) {}

  /**
   * The answer at the end of the redirects; never a 401. Who takes it must read or discard it.
   * @param reached called when the configured origin has answered with anything but a 5xx
   * @throws UpstreamError
   */
  async run(errand: Errand, reached: () => void): Promise<HttpAnswer> {
    let trusted = true;
    let url = errand.url;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      trusted &&= this.rule.isOwn(url);
      const answer = await this.#ask({ ...errand, url }, trusted, trusted ? reached : () => {});
      const location = redirectOf(answer);
      if (location === undefined) return answer;
      await answer.discard();
      url = await this.#target(location, url, errand.signal);
    }
    throw this.#error("lying", `it redirects more than ${MOST_REDIRECTS} times`);
  }

  /** One hop, with what its origin wants to see. */
  async #ask(errand: Errand, trusted: boolean, reached: () => void): Promise<HttpAnswer> {
    const { url, repository, signal } = errand;
    const audience = { origin: url.origin, trusted, repository };
    if (trusted && this.hasCredentials) await this.#learn(audience, signal);
    let sent = await this.auth.header(audience, signal);
    let isFresh = false;
    for (let renewals = 0;; renewals++) {
      const answer = await this.#send(errand, sent, trusted);
      if (answer.status < 500) reached();
      if (answer.status !== 401) return answer;
      await answer.discard();
      const challenges = answer.headers.get("www-authenticate");
      const renewed: Renewed | undefined = isFresh || renewals === MOST_RENEWALS
        ? undefined
        : await this.auth.renew(audience, challenges, sent, signal);
      if (renewed === undefined) throw this.#denied(url, sent !== undefined);
      ({ header: sent, isFresh } = renewed);
    }
  }

  async #learn(audience: Audience, signal: AbortSignal): Promise<void> {
    if (this.auth.knows(audience)) return;
    await orAborted(this.#pings.run("", () => this.#ping(audience)), signal);
  }

  /** For all who wait: so no single one's signal ends it, but a limit. */
  async #ping(audience: Audience): Promise<void> {
    using watchdog = new Watchdog();
    const waited = `${this.pingLimit / 1000} s`;
    watchdog.watch(
      this.pingLimit,
      () => this.#error("timeout", `${this.ping.host} had not answered within ${waited}`),
    );
    const { repository } = audience;
    const { signal } = watchdog;
    const errand = { method: "GET", url: this.ping, repository, headers: {}, signal } as const;
    const answer = await this.#send(errand, undefined, true);
    await answer.discard();
    if (answer.status === 401) this.auth.learn(audience, answer.headers.get("www-authenticate"));
    else if (answer.status < 500 && answer.status !== 429) this.auth.learn(audience, null);
  }

  async #send(
    { method, url, headers, signal }: Errand,
    authorization: string | undefined,
    trusted: boolean,
  ): Promise<HttpAnswer> {
    const answer = await this.send({
      method,
      url,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      signal,
      own: this.rule.isOwn(url),
    });
    if (trusted) this.answered(answer);
    return answer;
  }

  async #target(location: string, from: URL, signal: AbortSignal): Promise<URL> {
    const url = URL.parse(location, from.href);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw this.#error("lying", `${from.host} redirects to what is no http or https URL`);
    }
    url.hash = "";
    const refusal = await this.rule.refusal(url, signal);
    if (refusal === undefined) return url;
    throw this.#error(refusal.kind, `${from.host} redirects ${refusal.reason}`);
  }

  #denied(url: URL, hadSent: boolean): UpstreamError {
    const reason = hadSent || this.hasCredentials
      ? `${url.host} answered 401 to what it was shown: check the credentials and their rights`
      : `${url.host} wants credentials, and none are configured`;
    return this.#error("denied", reason, { status: 401 });
  }

  #error(
    kind: UpstreamError["kind"],
    reason: string,
    options: UpstreamError["options"] = {},
  ): UpstreamError {
    return new UpstreamError(this.upstream, kind, reason, options);
  }
}

const REDIRECTS = [301, 302, 303, 307, 308];

function redirectOf({ status, headers }: HttpAnswer): string | undefined {
  return REDIRECTS.includes(status) ? headers.get("location") ?? undefined : undefined;
}
