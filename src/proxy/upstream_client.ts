import { type ClientFiles, type ClientIdentity, readClientFiles } from "./client_files.ts";
import { explainFetchFailure } from "./fetch_failure.ts";
import { HttpAnswer } from "./http_answer.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import { UpstreamError } from "./upstream.ts";
import { Watchdog } from "./watchdog.ts";

/** One request to one address: no redirect is followed, no challenge answered. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends all of it, the answer's body too. */
  readonly signal: AbortSignal;
  /** Whether it goes to the configured origin, which alone sees the client certificate. */
  readonly own: boolean;
}

export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * The HTTP client of one upstream: `fetch` over HTTP/1.1, the one client with real back-pressure over TLS
 * (reference/pull_through.md 1). Opens nothing before the first request. HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY of the
 * environment hold for it; a proxy then resolves the names.
 */
export class UpstreamClient {
  readonly #own: Deno.HttpClient;
  readonly #others: Deno.HttpClient;
  /** Of everything that is under way. */
  readonly #closing = new AbortController();

  /**
   * @param name of the upstream, for errors
   * @throws Error with one sentence, when a file of the options can't be used
   */
  constructor(
    private readonly name: string,
    files: ClientFiles,
    private readonly limits: UpstreamLimits,
  ) {
    const identity = readClientFiles(files);
    this.#own = makeClient(identity);
    this.#others = identity.pair === undefined
      ? this.#own
      : makeClient({ ...identity, pair: undefined });
  }

  /**
   * Resolves with the head of the answer. Rejects with an UpstreamError, or with the reason of the signal.
   */
  readonly send: SendRequest = async (request) => {
    const watchdog = new Watchdog(request.signal, this.#closing.signal);
    const probe = this.#probeLater(request.url, watchdog);
    const host = request.url.host;
    try {
      watchdog.watch(
        this.limits.firstByte,
        () =>
          this.#error("timeout", `${host} sent no answer for ${seconds(this.limits.firstByte)}`),
      );
      const response = await fetch(request.url, {
        method: request.method,
        headers: { "accept-encoding": "identity", "user-agent": "berth", ...request.headers },
        ...(request.body !== undefined && { body: request.body }),
        redirect: "manual",
        client: request.own ? this.#own : this.#others,
        signal: watchdog.signal,
      });
      watchdog.pause();
      return new HttpAnswer(response, host, this.name, watchdog, this.limits);
    } catch (error) {
      watchdog[Symbol.dispose]();
      if (watchdog.signal.aborted) throw watchdog.signal.reason;
      const { kind, reason } = explainFetchFailure(error);
      throw this.#error(kind, `${host} cannot be had: ${reason}`);
    } finally {
      await probe.end();
    }
  };

  close(): void {
    this.#closing.abort(this.#error("unreachable", "its client was closed"));
    this.#own.close();
    if (this.#others !== this.#own) this.#others.close();
  }

  /**
   * fetch doesn't tell a connection that doesn't come about from an answer that is slow: so when there is none after half of the limit
   * for connecting, another connection is tried for the other half, and if that fails too the request is given up.
   */
  #probeLater(url: URL, watchdog: Watchdog): { end(): Promise<void> } {
    if (isProxied()) return { end: () => Promise.resolve() };
    const half = this.limits.connect / 2;
    const stop = new AbortController();
    let probing: Promise<void> | undefined;
    const timer = setTimeout(() => probing = probe(), half);
    const probe = async () => {
      const limit = setTimeout(() => stop.abort("late"), half);
      try {
        (await Deno.connect({ ...addressOf(url), signal: stop.signal })).close();
      } catch {
        if (stop.signal.aborted && stop.signal.reason !== "late") return;
        const waited = seconds(this.limits.connect);
        watchdog.abort(
          this.#error("unreachable", `${url.host} cannot be connected to within ${waited}`),
        );
      } finally {
        clearTimeout(limit);
      }
    };
    return {
      end: async () => {
        clearTimeout(timer);
        stop.abort("not needed");
        await probing;
      },
    };
  }

  #error(kind: "timeout" | "unreachable" | "failing", reason: string): UpstreamError {
    return new UpstreamError(this.name, kind, reason);
  }
}

/** Whether requests may go by way of a proxy, which then has to find the hosts. */
export function isProxied(): boolean {
  return ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].some((name) =>
    Boolean(Deno.env.get(name) || Deno.env.get(name.toLowerCase()))
  );
}

function makeClient({ caCerts, pair }: ClientIdentity): Deno.HttpClient {
  return Deno.createHttpClient({ caCerts, ...pair, http1: true, http2: false });
}

function addressOf(url: URL): { hostname: string; port: number } {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
}

function seconds(limit: number): string {
  return `${limit / 1000} s`;
}
