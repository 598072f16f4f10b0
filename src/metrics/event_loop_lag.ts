import { type Family, histogramSamples } from "./family.ts";
import { Histogram } from "./histogram.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const EVERY_MS = 100;
const NAME = "berth_event_loop_lag_seconds";

/**
 * How late a timer fires, that is how long a request may have waited for others. A timer of our own, because `monitorEventLoopDelay`
 * of node:perf_hooks does not see a blocked loop on Deno 2.9.6 (150 ms of blocking: a maximum of 0.008 ms).
 */
export class EventLoopLag {
  readonly #lag = new Histogram(SECONDS);
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    const due = performance.now() + EVERY_MS;
    const timer = setTimeout(() => {
      this.#lag.observe((performance.now() - due) / 1000);
      this.start();
    }, EVERY_MS);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  family(): Family {
    return {
      name: NAME,
      help: "How late a timer fired, looked at ten times a second.",
      type: "histogram",
      samples: () => histogramSamples(NAME, {}, this.#lag),
    };
  }
}
