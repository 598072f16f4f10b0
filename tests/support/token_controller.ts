import { type Clock, systemClock } from "../../src/async/clock.ts";
import type { Access, AccessController, Decision } from "../../src/auth/access_controller.ts";
import { openToken, type TokenOptions } from "../../src/auth/token/token.ts";
import { type CredentialOutcome, NO_METRICS } from "../../src/metrics/metrics.ts";
import { RecordedLog } from "./recorded_log.ts";

export const PING: readonly Access[] = [{ action: "ping" }];

export interface Requested {
  readonly accesses?: readonly Access[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
}

/** The controller of `auth.token`, with what it counted and logged. */
export class OpenToken implements AsyncDisposable {
  private constructor(
    readonly controller: AccessController,
    readonly log: RecordedLog,
    readonly outcomes: CredentialOutcome[],
    readonly reloads: boolean[],
  ) {}

  static async open(options: TokenOptions, clock: Clock = systemClock): Promise<OpenToken> {
    const log = new RecordedLog();
    const outcomes: CredentialOutcome[] = [];
    const reloads: boolean[] = [];
    const metrics = {
      ...NO_METRICS,
      credentials: (outcome: CredentialOutcome) => void outcomes.push(outcome),
      reloaded: (_what: string, isGood: boolean) => void reloads.push(isGood),
    };
    const controller = await openToken(options, { logger: log, metrics, clock, interval: 50 });
    return new OpenToken(controller, log, outcomes, reloads);
  }

  /** What a request with this token gets; without one when it is undefined. */
  ask(token: string | undefined, requested: Requested = {}): Decision | Promise<Decision> {
    const { accesses = PING, headers = {}, remoteAddress = "127.0.0.1" } = requested;
    const all: Record<string, string> = { host: "registry.test", ...headers };
    if (token !== undefined) all.authorization = `Bearer ${token}`;
    return this.controller.authorize(
      { header: (name) => all[name], remoteAddress, secure: false },
      accesses,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.controller.close?.();
  }
}
