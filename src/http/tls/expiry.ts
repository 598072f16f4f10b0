import type { Clock } from "../../async/clock.ts";
import type { Logger } from "../../log/logger.ts";

/** A file with certificates, and the time in which it is of use, in milliseconds since 1970. */
export interface Validity {
  readonly path: string;
  readonly from: number;
  readonly until: number;
}

const DAY_MS = 86_400_000;
/** So long ahead it is told. */
const AHEAD_MS = 14 * DAY_MS;

/** Tells of certificates that end soon, have ended or are not valid yet: at once for new ones, then once a day. */
export class ExpiryWatch {
  #files: readonly Validity[] = [];
  #tellAgain = -Infinity;

  constructor(private readonly logger: Logger, private readonly clock: Clock) {}

  watch(files: readonly Validity[]): void {
    this.#files = files;
    this.#tellAgain = -Infinity;
    this.look();
  }

  /** Costs next to nothing, to be called often. */
  look(): void {
    const now = this.clock.now();
    // a clock that was set back must not silence it
    if (now < this.#tellAgain && now > this.#tellAgain - 2 * DAY_MS) return;
    let next = Infinity;
    for (const file of this.#files) {
      if (this.#tell(file, now)) next = Math.min(next, now + DAY_MS);
      else next = Math.min(next, file.until - AHEAD_MS);
    }
    // timers and clocks differ: looked at again after a day at the latest
    this.#tellAgain = Math.min(next, now + DAY_MS);
  }

  #tell({ path, from, until }: Validity, now: number): boolean {
    const end = new Date(until).toISOString();
    if (now >= until) {
      this.logger.error(
        `the certificate in ${path} has expired: clients refuse it. Put a new one in its place`,
        { expired: end },
      );
    } else if (now < from) {
      const start = new Date(from).toISOString();
      this.logger.warn(
        `the certificate in ${path} is not valid yet: clients refuse it until then, unless this machine's clock is wrong`,
        { valid: start },
      );
    } else if (now >= until - AHEAD_MS) {
      const days = Math.floor((until - now) / DAY_MS);
      this.logger.warn(
        `the certificate in ${path} expires in ${days} ${days === 1 ? "day" : "days"}`,
        { expires: end },
      );
    } else return false;
    return true;
  }
}
