import type { TLSSocket } from "node:tls";
import type { Clock } from "../../async/clock.ts";
import type { Logger } from "../../log/logger.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { ClientFacts } from "../connection.ts";
import { readFiles, WatchedFiles } from "../../watch/watched_files.ts";
import {
  type Authorities,
  type KeyPair,
  readAuthorities,
  type ReadFile,
  readKeyPair,
} from "./certificate_files.ts";
import { type CipherPlan, planCiphers } from "./cipher_suites.ts";
import { type ClientAuth, ClientJudge, noneVerified } from "./client_judge.ts";
import { ExpiryWatch, type Validity } from "./expiry.ts";
import { HandshakeFailures } from "./handshake_failures.ts";

/** `http.tls`. */
export interface TlsSettings {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Empty: clients are not asked for certificates. */
  readonly clientcas: readonly string[];
  readonly clientauth: ClientAuth;
  readonly minimumtls: "tls1.2" | "tls1.3";
  /** Go's names; empty: all that the runtime speaks. */
  readonly ciphersuites: readonly string[];
}

export interface TlsOptions extends TlsSettings {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Between two looks at the files, in milliseconds. */
  readonly interval?: number;
}

/** What node:tls needs for a handshake. */
export interface HandshakeContext {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string[];
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** What holds for a handshake from its begin to its end. */
export interface Terms {
  readonly context: HandshakeContext;
  /** To be called when the handshake is done. */
  judge(socket: TLSSocket): ClientFacts;
}

/** Certificate, key and CAs as they are in force. */
export interface Tls {
  /** For the next handshake: another object whenever the files were read again. */
  readonly terms: Terms;
  readonly asksForCertificates: boolean;
  /** A handshake has come to nothing. @param reason in words without anything of this client alone */
  failed(reason: string): void;
  /** To be called every second or so: tells in the log what there is to be told. */
  look(): void;
  /** Reads the files now. Never rejects: the log tells, and what was read before stays in force. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

interface Material {
  readonly pair: KeyPair;
  readonly authorities: readonly Authorities[];
}

/** Rejects with one sentence, which names the file, when these cannot be used. */
export async function openTls(options: TlsOptions): Promise<Tls> {
  const ciphers = planCiphers(options.ciphersuites, options.minimumtls);
  for (const warning of ciphers.warnings) options.logger.warn(warning);
  const files = await WatchedFiles.open<Material>({
    what: "TLS certificate and key",
    ...materialOf(options),
    logger: options.logger,
    ...(options.interval !== undefined && { interval: options.interval }),
    onReload: (isGood) => options.metrics.reloaded("tls", isGood),
  });
  return new OpenTls(options, ciphers, files);
}

/** Reads the files. @returns what there is to be told. Rejects as `openTls` does */
export async function checkTls(settings: TlsSettings): Promise<readonly string[]> {
  const { warnings } = planCiphers(settings.ciphersuites, settings.minimumtls);
  await readFiles(materialOf(settings));
  return warnings;
}

function materialOf(settings: TlsSettings) {
  return {
    paths: [settings.certificate, settings.key, ...settings.clientcas],
    parse: (contents: readonly Uint8Array[]) => parse(settings, contents),
  };
}

class OpenTls implements Tls {
  readonly #verified = noneVerified();
  readonly #failures: HandshakeFailures;
  readonly #expiry: ExpiryWatch;
  readonly asksForCertificates: boolean;
  #generation = 0;
  #material: Material;
  #terms: Terms;

  constructor(
    private readonly options: TlsOptions,
    private readonly ciphers: CipherPlan,
    private readonly files: WatchedFiles<Material>,
  ) {
    const { logger, metrics, clock, clientcas } = options;
    this.#failures = new HandshakeFailures(logger, metrics, clock);
    this.#expiry = new ExpiryWatch(logger, clock);
    this.asksForCertificates = clientcas.length > 0;
    this.#material = files.current;
    this.#terms = this.#termsOf(files.current);
    this.#watch(files.current);
  }

  get terms(): Terms {
    this.#refresh();
    return this.#terms;
  }

  failed(reason: string): void {
    this.#failures.add(reason);
  }

  look(): void {
    this.#refresh();
    this.#expiry.look();
    this.#failures.look();
  }

  reload(): Promise<void> {
    return this.files.reload();
  }

  close(): Promise<void> {
    return this.files.close();
  }

  /** Takes what has been read since into force. */
  #refresh(): void {
    const material = this.files.current;
    if (material === this.#material) return;
    this.#material = material;
    this.#generation++;
    this.#terms = this.#termsOf(material);
    this.#watch(material);
  }

  #termsOf(material: Material): Terms {
    const judge = this.#judgeFor(material);
    return {
      context: this.#contextOf(material),
      judge: (socket) => {
        const refusal = refuseCipher(socket, this.ciphers);
        if (refusal !== undefined) return { refusal };
        return this.asksForCertificates ? judge.judge(socket) : {};
      },
    };
  }

  #contextOf({ pair, authorities }: Material): HandshakeContext {
    const isOnly13 = this.options.minimumtls === "tls1.3" || this.ciphers.allowed?.size === 0;
    return {
      cert: pair.certificate,
      key: pair.key,
      ...(authorities.length > 0 && { ca: authorities.map(({ pem }) => pem) }),
      minVersion: isOnly13 ? "TLSv1.3" : "TLSv1.2",
    };
  }

  #judgeFor({ authorities }: Material): ClientJudge {
    const { clientauth, clock } = this.options;
    const certificates = authorities.flatMap((each) => each.certificates);
    return new ClientJudge(clientauth, certificates, this.#generation, this.#verified, clock);
  }

  #watch({ pair, authorities }: Material): void {
    const ends = (certificate: { readonly validTo: string }) => Date.parse(certificate.validTo);
    const starts = (certificate: { readonly validFrom: string }) =>
      Date.parse(certificate.validFrom);
    const files: Validity[] = [{
      path: this.options.certificate,
      from: Math.max(...pair.chain.map(starts)),
      until: Math.min(...pair.chain.map(ends)),
    }];
    for (const { path, certificates } of authorities) {
      // a bundle is of use as long as one of them is
      const from = Math.min(...certificates.map(starts));
      files.push({ path, from, until: Math.max(...certificates.map(ends)) });
    }
    for (const { path, until } of files) this.options.metrics.certificate(path, until);
    this.#expiry.watch(files);
  }
}

function refuseCipher(socket: TLSSocket, { allowed }: CipherPlan): string | undefined {
  if (allowed === undefined || socket.getProtocol() !== "TLSv1.2") return undefined;
  const { standardName } = socket.getCipher();
  if (allowed.has(standardName)) return undefined;
  return `the cipher suite ${standardName} is not among http.tls.ciphersuites`;
}

function parse(options: TlsSettings, contents: readonly Uint8Array[]): Material {
  const file = (path: string, index: number): ReadFile => ({
    path,
    bytes: contents[index] ?? new Uint8Array(),
  });
  return {
    pair: readKeyPair(file(options.certificate, 0), file(options.key, 1)),
    authorities: options.clientcas.map((path, index) => readAuthorities(file(path, index + 2))),
  };
}
