import type { Logger } from "../log/logger.ts";
import type { Health } from "./health.ts";
import { PeriodicCheck, systemTimers, type Timers } from "./periodic_check.ts";
import { plainUrl } from "./plain_url.ts";
import type { Probes } from "./probes.ts";

interface Period {
  /** In milliseconds. */
  readonly interval: number;
  readonly threshold: number;
}

/** What is checked: the section `health` of the configuration. Times are in milliseconds. */
export interface Checks {
  readonly storagedriver: Period & { readonly enabled: boolean };
  readonly file: readonly (Period & { readonly file: string })[];
  readonly http: readonly (Period & {
    readonly uri: string;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    readonly statuscode: number;
    readonly timeout: number;
  })[];
  readonly tcp: readonly (Period & { readonly addr: string; readonly timeout: number })[];
}

export interface HealthOptions {
  /** Name of the storage driver: `filesystem`, `inmemory`. */
  readonly storage: string;
  /** Looks at the root of the storage; rejects when it cannot be used. A root that is missing can: the first push makes it. */
  readonly checkStorage: () => Promise<void>;
  readonly probes: Probes;
  readonly logger: Logger;
  readonly timers?: Timers;
}

/** Health with its running checks and the operator's switch. */
export interface RunningHealth extends Health {
  /** Makes it unhealthy until `setUp` of the same name. Without a name it is the operator's switch, as distribution names it. */
  setDown(reason: string, name?: string): void;
  setUp(name?: string): void;
  /** Ends the checks; what is wrong stays as it is. */
  close(): void;
}

/** The operator's switch (distribution's health/api). */
export const MANUAL = "manual_http_status";

/** A storage that takes longer to tell what its root is hangs, and so do the requests. */
const STORAGE_LIMIT_MS = 10_000;
const FILE_LIMIT_MS = 10_000;

/** Runs the checks of the configuration, by distribution's names and words (health/checks, registry/handlers/app.go). */
export function createHealth(checks: Checks, options: HealthOptions): RunningHealth {
  return new Watch(checks, options);
}

class Watch implements RunningHealth {
  #failures: Readonly<Record<string, string>> = {};
  #isHealthy = true;
  readonly #running: PeriodicCheck[] = [];
  /** Of the checks of URLs. */
  readonly #names = new Set<string>();

  constructor(checks: Checks, private readonly options: HealthOptions) {
    const { storage, checkStorage, probes } = options;
    if (checks.storagedriver.enabled) {
      this.#add(`storagedriver_${storage}`, checks.storagedriver, STORAGE_LIMIT_MS, checkStorage);
    }
    for (const check of checks.file) {
      this.#add(check.file, check, FILE_LIMIT_MS, () => probes.absent(check.file));
    }
    for (const { uri, headers, statuscode, timeout, ...period } of checks.http) {
      const request = { uri, headers, statuscode };
      const name = this.#freeName(plainUrl(uri));
      this.#add(name, period, timeout, (signal) => probes.head(request, signal));
    }
    for (const { addr, timeout, ...period } of checks.tcp) {
      this.#add(addr, period, timeout, (signal) => probes.connect(addr, signal));
    }
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  failures(): Readonly<Record<string, string>> {
    return this.#failures;
  }

  setDown(reason: string, name: string = MANUAL): void {
    this.#set(name, reason);
  }

  setUp(name: string = MANUAL): void {
    this.#set(name, undefined);
  }

  close(): void {
    for (const check of this.#running) check.close();
  }

  /** URLs may differ only in what is not told. */
  #freeName(name: string): string {
    let free = name;
    for (let count = 2; this.#names.has(free); count++) free = `${name} (${count})`;
    this.#names.add(free);
    return free;
  }

  #add(
    name: string,
    { interval, threshold }: Period,
    limit: number,
    run: (signal: AbortSignal) => Promise<void>,
  ): void {
    const report = (failure: string | undefined) => {
      this.#log(name, failure);
      this.#set(name, failure);
    };
    const timers = this.options.timers ?? systemTimers;
    this.#running.push(new PeriodicCheck({ interval, threshold, limit, run, report }, timers));
  }

  #set(name: string, failure: string | undefined): void {
    if (this.#failures[name] === failure) return;
    const { [name]: _, ...others } = this.#failures;
    const entries = Object.entries(others);
    if (failure !== undefined) entries.push([name, failure]);
    this.#failures = Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
    this.#isHealthy = entries.length === 0;
  }

  /** Changes only; who turns a switch tells by himself. */
  #log(name: string, failure: string | undefined): void {
    const wasFailing = Object.hasOwn(this.#failures, name);
    const { logger } = this.options;
    if (failure === undefined && wasFailing) logger.info(`health check passes again: ${name}`);
    if (failure !== undefined && !wasFailing) {
      logger.error(`health check failed: ${name}: ${failure}`);
    }
  }
}
