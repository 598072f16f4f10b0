// Loaded ahead of all tests: it opens a BroadcastChannel that lives as long as the process, which is no leak of a test.
import "@prometheus-io/client";
import {
  openPrometheus,
  type Prometheus,
  type PrometheusOptions,
} from "../../src/metrics/prometheus.ts";
import { type Exposition, parseExposition } from "./exposition.ts";

/** Metrics that go with the test. */
export class Metered implements AsyncDisposable {
  private constructor(readonly prometheus: Prometheus) {}

  static async open(options: Partial<PrometheusOptions> = {}): Promise<Metered> {
    return new Metered(
      await openPrometheus({ version: "1.2.3", driver: "filesystem", ...options }),
    );
  }

  get metrics() {
    return this.prometheus.metrics;
  }

  /** What Prometheus would see now. */
  async read(): Promise<Exposition> {
    return parseExposition(await this.prometheus.render());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.prometheus.close();
    return Promise.resolve();
  }
}
