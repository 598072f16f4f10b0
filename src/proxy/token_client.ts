import type { Credentials } from "./credentials.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { parseObject } from "./json_document.ts";
import type { OutboundRule } from "./outbound_rule.ts";
import { retryAfter } from "./rate_limit.ts";
import { UpstreamError } from "./upstream.ts";
import type { HttpRequest, SendRequest } from "./upstream_client.ts";
import { basic } from "./basic.ts";
import type { Clock } from "../async/clock.ts";

/** Of a token server's answer. */
const MAX_ANSWER = 256 * 1024;
/** Seconds for which a token is good that doesn't say so (distribution, spec/auth/token.md). */
const DEFAULT_LIFETIME = 60;
const LONGEST_LIFETIME = 3_600;

export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scope: string;
  /** Undefined: anonymously. */
  readonly credentials: Credentials | undefined;
}

export interface Token {
  readonly token: string;
  /** Seconds from its receipt. */
  readonly lifetime: number;
}

/** Speaks to token servers (distribution, spec/auth/token.md and oauth.md). */
export class TokenClient {
  constructor(
    private readonly upstream: string,
    private readonly send: SendRequest,
    private readonly rule: OutboundRule,
    private readonly clock: Clock,
  ) {}

  /** Undefined: it refuses, with 401 or 403. @throws UpstreamError */
  async fetch(request: TokenRequest, signal: AbortSignal): Promise<Token | undefined> {
    const refusal = await this.rule.refusal(request.realm, signal);
    if (refusal !== undefined) {
      throw this.#error(refusal.kind, `its token realm leads ${refusal.reason}`);
    }
    const answer = await this.send(this.#request(request, signal));
    try {
      if (answer.status === 401 || answer.status === 403) return undefined;
      if (answer.status !== 200) throw this.#unexpected(answer, request);
      return this.#read(await answer.bytes(MAX_ANSWER), answer.host);
    } finally {
      await answer.discard();
    }
  }

  #request(request: TokenRequest, signal: AbortSignal): HttpRequest {
    const { realm, service, scope, credentials } = request;
    const common = { signal, own: this.rule.isOwn(realm) };
    const headers = { accept: "application/json" };
    if (credentials?.identityToken) {
      const form = new URLSearchParams({
        grant_type: "refresh_token",
        client_id: "berth",
        refresh_token: credentials.secret,
        scope,
        ...(service !== undefined && { service }),
      });
      const type = { "content-type": "application/x-www-form-urlencoded" };
      return {
        ...common,
        method: "POST",
        url: realm,
        headers: { ...headers, ...type },
        body: form.toString(),
      };
    }
    const url = new URL(realm);
    url.hash = "";
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", scope);
    const authorization = credentials && basic(credentials);
    const all = { ...headers, ...(authorization !== undefined && { authorization }) };
    return { ...common, method: "GET", url, headers: all };
  }

  #read(bytes: Uint8Array, host: string): Token {
    const body = parseObject(bytes) ?? {};
    const token = [body.token, body.access_token].find((each) =>
      typeof each === "string" && each !== ""
    );
    // what goes into a header must not be able to break out of it
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw this.#error("failing", `its token server ${host} answered without a token`);
    }
    const said = body.expires_in;
    const lifetime = typeof said === "number" && said > 0 ? said : DEFAULT_LIFETIME;
    return { token, lifetime: Math.min(lifetime, LONGEST_LIFETIME) };
  }

  #unexpected(answer: HttpAnswer, { credentials }: TokenRequest): UpstreamError {
    const { status, host, headers } = answer;
    if (status === 429) {
      const after = retryAfter(headers.get("retry-after"), this.clock.now());
      return this.#error("limited", `its token server ${host} answered 429, too many requests`, {
        status,
        ...(after !== undefined && { retryAfter: after }),
      });
    }
    if (credentials?.identityToken && status >= 400 && status < 500) {
      return this.#error(
        "denied",
        `its token server ${host} takes no identity token (status ${status}): ` +
          "the credential helper must give a user name and a password",
      );
    }
    const redirects = status >= 300 && status < 400 ? ", a redirect, which is not followed" : "";
    return this.#error(
      "failing",
      `its token server ${host} answered ${status}${redirects}`,
      status >= 500 ? { status } : {},
    );
  }

  #error(
    kind: UpstreamError["kind"],
    reason: string,
    options: UpstreamError["options"] = {},
  ): UpstreamError {
    return new UpstreamError(this.upstream, kind, reason, options);
  }
}
