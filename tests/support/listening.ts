import type { Handler } from "../../src/http/exchange.ts";
import { type Listener, type ListenerOptions, startListener } from "../../src/http/listener.ts";
import { systemClock } from "../../src/async/clock.ts";
import type { Logger } from "../../src/log/logger.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { openTls, type TlsOptions } from "../../src/http/tls/tls.ts";
import { Certificates } from "./certificates.ts";
import { RawConnection } from "./raw_http.ts";
import { toolTest } from "./tools.ts";

/** A listener on a loopback port, in the process of the test. */
export class Listening implements AsyncDisposable {
  private constructor(
    readonly listener: Listener,
    readonly port: number,
    /** What no handler has dealt with. */
    readonly faults: unknown[],
    private readonly authority?: string,
    private readonly release?: () => Promise<void>,
  ) {}

  /** Limits that a test does not name are longer than any test. */
  static async start(
    handler: Handler,
    options: Partial<ListenerOptions> = {},
  ): Promise<Listening> {
    const faults: unknown[] = [];
    const listener = await startListener({
      address: { net: "tcp", host: "127.0.0.1", port: 0 },
      headerTimeout: 60_000,
      idleTimeout: 60_000,
      bodyTimeout: 60_000,
      maxHeaderBytes: 32 * 1024,
      onFault: (error) => faults.push(error),
      ...options,
    }, handler);
    const port = listener.address.net === "tcp" ? listener.address.port : 0;
    return new Listening(listener, port, faults);
  }

  /** The same over TLS, with a CA and a certificate of its own. */
  static async startSecure(
    handler: Handler,
    options: Partial<ListenerOptions> = {},
  ): Promise<Listening> {
    const authority = await Certificates.make();
    const tls = await openTls({ ...TLS_DEFAULTS, ...await authority.issue("server") });
    const { listener, port, faults } = await Listening.start(handler, { ...options, tls });
    const root = await Deno.readTextFile(authority.root.certificate);
    return new Listening(listener, port, faults, root, async () => {
      await tls.close();
      await authority[Symbol.asyncDispose]();
    });
  }

  connect(): Promise<RawConnection> {
    const { authority, port } = this;
    return authority === undefined
      ? RawConnection.open(port)
      : RawConnection.openTls(port, authority);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.stop(0);
    await this.release?.();
  }
}

const SILENT: Logger = {
  enabled: () => false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => SILENT,
};

/** What openTls needs beside a certificate and its key; tests name what matters to them. */
export const TLS_DEFAULTS: Omit<TlsOptions, "certificate" | "key"> = {
  clientcas: [],
  clientauth: "require-and-verify-client-cert",
  minimumtls: "tls1.2",
  ciphersuites: [],
  logger: SILENT,
  metrics: NO_METRICS,
  clock: systemClock,
};

/** Registers a test twice: over TCP, and over TLS, which needs the openssl program. */
export function overBoth(
  name: string,
  fn: (start: typeof Listening.start) => Promise<void>,
): void {
  Deno.test(name, () => fn(Listening.start));
  toolTest({ tools: ["openssl"] }, `over TLS: ${name}`, () => fn(Listening.startSecure));
}

/** The head of a request, with a Host. */
export function head(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, "Host: a", ...headers, "", ""].join("\r\n");
}

/** All bytes of a body, as text. */
export async function textOf(body: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text;
}
