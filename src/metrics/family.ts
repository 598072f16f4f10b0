import type * as Client from "@prometheus-io/client";
import type { Histogram } from "./histogram.ts";

/** The client library, which is loaded only when metrics are on. */
export type ClientLibrary = typeof Client;

export type Labels = Readonly<Record<string, string>>;

export type Sample = Client.MetricValueWithName<string>;

/** A metric with all its series, counted by us and handed to the client library when it is asked for. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(): Sample[];
}

/** Puts a family into the registry. */
export function registerFamily(
  client: ClientLibrary,
  registry: Client.Registry,
  family: Family,
): void {
  const { name, help, type } = family;
  const metric = new client.Counter<string>({ name, help, registers: [registry] });
  metric.get = () =>
    Promise.resolve({
      name,
      help,
      type,
      aggregator: "sum" as const,
      collect: () => {},
      values: family.samples(),
    });
}

/** The series of one histogram. */
export function histogramSamples(name: string, labels: Labels, histogram: Histogram): Sample[] {
  const { bounds, count, sum } = histogram;
  const metricName = `${name}_bucket`;
  return [
    ...histogram.cumulative().map((value, index) => ({
      metricName,
      labels: { ...labels, le: boundText(bounds[index] ?? Infinity) },
      value,
    })),
    { metricName, labels: { ...labels, le: "+Inf" }, value: count },
    { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
    { metricName: `${name}_count`, labels: { ...labels }, value: count },
  ];
}

/** A bound as Go writes it (`1.048576e+06`): a label's value, so that another spelling would be another series. */
export function boundText(bound: number): string {
  if (bound < 1e6) return String(bound);
  return bound.toExponential().replace(/e\+(\d)$/, "e+0$1");
}
