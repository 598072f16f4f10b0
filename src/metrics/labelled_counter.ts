import type { Labels, Sample } from "./family.ts";
import { amountOf } from "./histogram.ts";

/** A counter with a series for each set of values that its labels had. */
export class LabelledCounter {
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  /** @param names of the labels */
  constructor(private readonly names: readonly string[]) {}

  /** @param values of the labels, in their order; each must be one of few. With 0 the series is there before it counts */
  add(values: readonly string[], amount = 1): void {
    const key = values.join("\n");
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = Object.fromEntries(this.names.map((name, i) => [name, values[i] ?? ""]));
      this.#series.set(key, series = { labels, value: 0 });
    }
    series.value += amountOf(amount);
  }

  samples(): Sample[] {
    return [...this.#series.values()].map(({ labels, value }) => ({
      labels: { ...labels },
      value,
    }));
  }
}
