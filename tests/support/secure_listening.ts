import type { Handler } from "../../src/http/exchange.ts";
import type { ListenerOptions } from "../../src/http/listener.ts";
import { openTls, type Tls, type TlsOptions } from "../../src/http/tls/tls.ts";
import { type Metrics, NO_METRICS } from "../../src/metrics/metrics.ts";
import type { Certificates, Issued } from "./certificates.ts";
import { Listening, TLS_DEFAULTS } from "./listening.ts";
import { attempt } from "./process.ts";
import { RecordedLog } from "./recorded_log.ts";
import { requireTool } from "./tools.ts";

export interface SecureOptions {
  readonly tls?: Partial<TlsOptions>;
  readonly listener?: Partial<ListenerOptions>;
  readonly handler?: Handler;
}

/** What curl got. */
export interface CurlAnswer {
  /** Of curl itself: 0, 35 (handshake), 56 (receive), 60 (certificate), … */
  readonly code: number;
  /** 0 without an answer. */
  readonly status: number;
  readonly body: string;
}

/** A listener over TLS whose files, log and metrics a test can look at. By default it answers with the client's subject. */
export class SecureListening implements AsyncDisposable {
  private constructor(
    readonly front: Listening,
    readonly tls: Tls,
    readonly log: RecordedLog,
    /** `failed`, `reloaded true`, `reloaded false`, … */
    readonly counted: string[],
    private readonly authority: Certificates,
  ) {}

  /** @param server files that a test may write anew */
  static async start(
    authority: Certificates,
    server: Issued,
    { tls: tlsOptions, listener, handler = answerSubject }: SecureOptions = {},
  ): Promise<SecureListening> {
    const log = new RecordedLog();
    const counted: string[] = [];
    const tls = await openTls({
      ...TLS_DEFAULTS,
      ...server,
      logger: log,
      metrics: countIn(counted),
      interval: 20,
      ...tlsOptions,
    });
    const front = await Listening.start(handler, { ...listener, tls });
    return new SecureListening(front, tls, log, counted, authority);
  }

  get port(): number {
    return this.front.port;
  }

  /** GET / by curl. @param client whose certificate is shown */
  async curl(client?: Issued, ...args: string[]): Promise<CurlAnswer> {
    const shown = client ? ["--cert", client.certificate, "--key", client.key] : [];
    const { code, stdout } = await attempt([
      ...[requireTool("curl"), "--silent", "--max-time", "20", "--write-out", "\n%{http_code}"],
      ...["--cacert", this.authority.root.certificate, ...shown, ...args],
      `https://127.0.0.1:${this.port}/`,
    ]);
    const end = stdout.lastIndexOf("\n");
    return { code, status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.front[Symbol.asyncDispose]();
    await this.tls.close();
  }
}

const answerSubject: Handler = (x) => x.reply(200, {}, x.clientSubject ?? "nobody");

function countIn(counted: string[]): Metrics {
  return {
    ...NO_METRICS,
    reloaded: (what, isGood) => counted.push(`reloaded ${what} ${isGood}`),
    certificate: (path, expires) => counted.push(`${path} expires ${expires}`),
    handshakeFailed: () => counted.push("failed"),
  };
}
