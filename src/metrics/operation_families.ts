import type { Clock } from "../async/clock.ts";
import type { Family, Sample } from "./family.ts";
import type { CredentialOutcome } from "./metrics.ts";

const OUTCOMES: Readonly<Record<CredentialOutcome, true>> = {
  remembered: true,
  checked: true,
  wrong: true,
  refused: true,
};

interface Reloads {
  failures: number;
  isGood: boolean;
  /** In seconds since 1970. */
  lastSuccess: number | undefined;
}

/** What an operator wants to know of credentials, of files that are read again, and of TLS. */
export class OperationTallies {
  readonly #credentials = new Map<string, number>(Object.keys(OUTCOMES).map((name) => [name, 0]));
  readonly #reloads = new Map<string, Reloads>();
  readonly #expiries = new Map<string, number>();
  #failedHandshakes = 0;

  constructor(private readonly clock: Clock) {}

  credentials(outcome: CredentialOutcome): void {
    this.#credentials.set(outcome, (this.#credentials.get(outcome) ?? 0) + 1);
  }

  reloaded(what: string, isGood: boolean): void {
    const before = this.#reloads.get(what) ?? { failures: 0, lastSuccess: undefined };
    this.#reloads.set(what, {
      isGood,
      failures: before.failures + (isGood ? 0 : 1),
      lastSuccess: isGood ? this.clock.now() / 1000 : before.lastSuccess,
    });
  }

  certificate(path: string, expires: number): void {
    if (Number.isFinite(expires)) this.#expiries.set(path, expires / 1000);
  }

  handshakeFailed(): void {
    this.#failedHandshakes++;
  }

  families(): Family[] {
    return [
      {
        name: "berth_credential_checks_total",
        help:
          "Requests with credentials, by how they were judged: remembered and checked are right.",
        type: "counter",
        samples: () =>
          [...this.#credentials].map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
      {
        name: "berth_reload_failures_total",
        help: "Files that were read again and refused, so that the old content stays in force.",
        type: "counter",
        samples: () => this.#eachFile(({ failures }) => failures),
      },
      {
        name: "berth_last_reload_successful",
        help: "Whether what was read last is in force.",
        type: "gauge",
        samples: () => this.#eachFile(({ isGood }) => isGood ? 1 : 0),
      },
      {
        name: "berth_last_successful_reload_timestamp_seconds",
        help: "When the content that is in force was read, since unix epoch in seconds.",
        type: "gauge",
        samples: () => this.#eachFile(({ lastSuccess }) => lastSuccess),
      },
      {
        name: "berth_tls_certificate_expiry_timestamp_seconds",
        help: "When the certificate expires, since unix epoch in seconds.",
        type: "gauge",
        samples: () => [...this.#expiries].map(([path, value]) => ({ labels: { path }, value })),
      },
      {
        name: "berth_tls_handshake_failures_total",
        help: "TLS handshakes that came to nothing.",
        type: "counter",
        samples: () => [{ labels: {}, value: this.#failedHandshakes }],
      },
    ];
  }

  #eachFile(value: (reloads: Reloads) => number | undefined): Sample[] {
    return [...this.#reloads].flatMap(([kind, reloads]) => {
      const found = value(reloads);
      return found === undefined ? [] : [{ labels: { kind }, value: found }];
    });
  }
}
