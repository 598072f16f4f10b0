import type { Clock } from "../async/clock.ts";
import type { Logger } from "../log/logger.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { type CredentialSource, fixedCredentials, HelperCredentials } from "./credentials.ts";
import { runHelper } from "./helper_process.ts";
import { Hops } from "./hops.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { OutboundRule } from "./outbound_rule.ts";
import { Questions } from "./questions.ts";
import { RateLimitWatch, readRateLimit } from "./rate_limit.ts";
import { type ResolveHost, resolveHost } from "./resolve_host.ts";
import { TokenClient } from "./token_client.ts";
import type { Upstream } from "./upstream.ts";
import { UpstreamAuth } from "./upstream_auth.ts";
import { UpstreamBlobs } from "./upstream_blobs.ts";
import { isProxied, UpstreamClient } from "./upstream_client.ts";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "./upstream_limits.ts";
import { UpstreamLists } from "./upstream_lists.ts";
import { UpstreamManifests } from "./upstream_manifests.ts";
import { noMetrics, type UpstreamMetrics } from "./upstream_metrics.ts";
import { parseUpstreamUrl, UpstreamUrls } from "./upstream_urls.ts";

/** The part of a configured upstream that its client is made of. */
export interface UpstreamOptions {
  /** For logs, metrics and messages. */
  readonly name: string;
  readonly remoteurl: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A credential helper, in place of name and password. `lifetime` in milliseconds: see HelperOptions. */
  readonly exec?: { readonly command: string; readonly lifetime: number | undefined } | undefined;
  /** Paths of PEM files: further CAs to trust, and what to show to the configured origin. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly limits?: Partial<UpstreamLimits> | undefined;
}

export interface UpstreamDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: UpstreamMetrics;
  /** Finds the addresses of hosts that an upstream leads to; tests bring their own. */
  readonly resolve?: ResolveHost;
}

/**
 * An upstream over HTTP. Asks nothing and connects to nothing before it is used.
 * @throws Error with one sentence, when the URL or a file cannot be used
 */
export function createUpstream(options: UpstreamOptions, deps: UpstreamDeps): Upstream {
  const { name } = options;
  const limits = { ...UPSTREAM_LIMITS, ...options.limits };
  const url = parseUpstreamUrl(name, options.remoteurl);
  if (url.protocol === "http:" && hasCredentials(options)) {
    deps.logger.warn(
      `${name}: credentials may go to ${url.host} unencrypted: its URL has no https`,
    );
  }
  const client = new UpstreamClient(name, options, limits);
  const urls = new UpstreamUrls(url);
  const questions = makeQuestions(options, deps, limits, client, urls);
  const manifests = new UpstreamManifests(questions, urls, limits, deps.clock);
  const blobs = new UpstreamBlobs(questions, urls, limits);
  const lists = new UpstreamLists(questions, urls, manifests, limits);
  return {
    name,
    resolve: (repository, tag, within) => manifests.resolve(repository, tag, within),
    manifest: (repository, reference, within) => manifests.manifest(repository, reference, within),
    blobSize: (repository, digest, within) => blobs.size(repository, digest, within),
    blob: (repository, digest, blobOptions) => blobs.open(repository, digest, blobOptions),
    tags: (repository, page, within) => lists.tags(repository, page, within),
    referrers: (repository, subject, artifactType, within) =>
      lists.referrers(repository, subject, artifactType, within),
    close: () => client.close(),
  };
}

function hasCredentials({ exec, username }: UpstreamOptions): boolean {
  return exec !== undefined || Boolean(username);
}

function makeQuestions(
  options: UpstreamOptions,
  deps: UpstreamDeps,
  limits: UpstreamLimits,
  client: UpstreamClient,
  urls: UpstreamUrls,
): Questions {
  const { name: upstream } = options;
  const { clock, logger, metrics = noMetrics, resolve = resolveHost } = deps;
  const rule = new OutboundRule(urls.base, resolve, isProxied);
  const credentials = sourceOf(options, urls.base, limits, clock);
  const auth = new UpstreamAuth({
    ...{ upstream, credentials, rule, clock, logger },
    tokens: new TokenClient(upstream, client.send, rule, clock),
    refused: () => metrics.credentialsRefused(),
    limit: limits.answer,
  });
  const hops = new Hops(
    upstream,
    client.send,
    rule,
    auth,
    urls.ping,
    limits.answer,
    hasCredentials(options),
    rateLimitTeller(upstream, logger, metrics),
  );
  const breaker = new CircuitBreaker(clock, undefined, (open) => {
    metrics.breaker(open);
    if (open) logger.warn(`${upstream}: it does not answer and is left alone`, { upstream });
    else logger.info(`${upstream}: it answers again`, { upstream });
  });
  return new Questions({ upstream, hops, breaker, limits, clock, logger, metrics });
}

function sourceOf(
  { username, password, exec }: UpstreamOptions,
  url: URL,
  limits: UpstreamLimits,
  clock: Clock,
): CredentialSource {
  if (exec === undefined) return fixedCredentials(username, password);
  const options = { ...exec, host: url.host, limit: limits.helper };
  return new HelperCredentials(options, runHelper, clock);
}

function rateLimitTeller(
  upstream: string,
  logger: Logger,
  metrics: UpstreamMetrics,
): (answer: HttpAnswer) => void {
  const watch = new RateLimitWatch();
  return ({ headers }) => {
    const rateLimit = readRateLimit(headers);
    if (rateLimit === undefined) return;
    metrics.rateLimit(rateLimit);
    if (!watch.isNewlyLow(rateLimit)) return;
    const { limit, remaining } = rateLimit;
    logger.warn(`${upstream}: ${remaining} of ${limit} pulls are left`, {
      ...{ upstream, limit, remaining },
    });
  };
}
