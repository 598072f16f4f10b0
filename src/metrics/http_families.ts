import { type Family, histogramSamples } from "./family.ts";
import { amountOf, Histogram } from "./histogram.ts";
import type { HandlerName, RequestFigures } from "./metrics.ts";

/** distribution's buckets: seconds, and bytes from 1 KiB to 2 GiB (registry/handlers/app.go, docker/go-metrics). */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];
const BYTES = Array.from({ length: 22 }, (_, index) => 1024 * 2 ** index);

const HANDLERS: Readonly<Record<HandlerName, true>> = {
  base: true,
  blob: true,
  blob_upload: true,
  blob_upload_chunk: true,
  catalog: true,
  manifest: true,
  referrers: true,
  tags: true,
};

/** Every other method is `unknown`, as in distribution: clients make up methods, and each would be a series for ever. */
const METHODS: ReadonlyMap<string, string> = new Map(
  ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "NOTIFY"]
    .map((method) => [method, method.toLowerCase()]),
);
const UNKNOWN = "unknown";

/** Requests of one handler by one method. */
class MethodTally {
  readonly seconds = new Histogram(SECONDS);
  readonly #byStatus = new Map<number, { count: number }>();

  end(status: number, seconds: number): void {
    const tally = this.#byStatus.get(status);
    if (tally !== undefined) tally.count++;
    else this.#byStatus.set(status, { count: 1 });
    this.seconds.observe(seconds);
  }

  /** Pairs of status and number of requests. */
  byStatus(): [number, number][] {
    return [...this.#byStatus].map(([status, { count }]) => [status, count]);
  }
}

class HandlerTally {
  inFlight = 0;
  readonly requestBytes = new Histogram(BYTES);
  readonly responseBytes = new Histogram(BYTES);
  readonly methods = new Map<string, MethodTally>();

  end({ method, status, seconds, requestBytes, responseBytes }: RequestFigures): void {
    if (this.inFlight > 0) this.inFlight--;
    this.#method(METHODS.get(method) ?? UNKNOWN).end(status, seconds);
    this.requestBytes.observe(requestBytes);
    this.responseBytes.observe(responseBytes);
  }

  #method(name: string): MethodTally {
    let tally = this.methods.get(name);
    if (tally === undefined) this.methods.set(name, tally = new MethodTally());
    return tally;
  }
}

/** Requests by handler, under the names of distribution, and the bytes that they moved. */
export class HttpTallies {
  readonly #handlers: ReadonlyMap<HandlerName, HandlerTally> = new Map(
    (Object.keys(HANDLERS) as HandlerName[]).map((name) => [name, new HandlerTally()]),
  );
  #uploaded = 0;
  #downloaded = 0;

  started(handler: HandlerName): void {
    const tally = this.#handlers.get(handler);
    if (tally !== undefined) tally.inFlight++;
  }

  ended(handler: HandlerName, figures: RequestFigures): void {
    this.#handlers.get(handler)?.end(figures);
    this.#uploaded += amountOf(uploadedBytes(handler, figures));
    this.#downloaded += amountOf(downloadedBytes(handler, figures));
  }

  families(): Family[] {
    return [
      {
        name: "registry_http_in_flight_requests",
        help: "The in-flight HTTP requests",
        type: "gauge",
        samples: () =>
          this.#each((handler, { inFlight }) => [{ labels: { handler }, value: inFlight }]),
      },
      {
        name: "registry_http_requests_total",
        help: "Total number of HTTP requests made.",
        type: "counter",
        samples: () =>
          this.#eachMethod((labels, tally) =>
            tally.byStatus().map(([status, value]) => ({
              labels: { code: String(status), ...labels },
              value,
            }))
          ),
      },
      this.#histogram(
        "registry_http_request_size_bytes",
        "The HTTP request sizes in bytes.",
        ({ requestBytes }) => requestBytes,
      ),
      this.#histogram(
        "registry_http_response_size_bytes",
        "The HTTP response sizes in bytes.",
        ({ responseBytes }) => responseBytes,
      ),
      {
        name: "registry_http_request_duration_seconds",
        help: "The HTTP request latencies in seconds.",
        type: "histogram",
        samples: () =>
          this.#eachMethod((labels, { seconds }) =>
            histogramSamples("registry_http_request_duration_seconds", labels, seconds)
          ),
      },
      counter(
        "berth_uploaded_bytes_total",
        "Bytes of blobs and manifests received, counted when a request ends.",
        () => this.#uploaded,
      ),
      counter(
        "berth_downloaded_bytes_total",
        "Bytes of blobs and manifests sent, counted when a request ends.",
        () => this.#downloaded,
      ),
    ];
  }

  /** A histogram by handler; of those that had a request. */
  #histogram(name: string, help: string, of: (tally: HandlerTally) => Histogram): Family {
    return {
      name,
      help,
      type: "histogram",
      samples: () =>
        this.#each((handler, tally) =>
          of(tally).count === 0 ? [] : histogramSamples(name, { handler }, of(tally))
        ),
    };
  }

  #each<T>(samples: (handler: HandlerName, tally: HandlerTally) => T[]): T[] {
    return [...this.#handlers].flatMap(([handler, tally]) => samples(handler, tally));
  }

  #eachMethod<T>(
    samples: (labels: { handler: string; method: string }, tally: MethodTally) => T[],
  ): T[] {
    return this.#each((handler, { methods }) =>
      [...methods].flatMap(([method, tally]) => samples({ handler, method }, tally))
    );
  }
}

function uploadedBytes(handler: HandlerName, { requestBytes, method }: RequestFigures): number {
  const takes = handler === "blob_upload" || handler === "blob_upload_chunk" ||
    (handler === "manifest" && method === "PUT");
  return takes ? requestBytes : 0;
}

function downloadedBytes(handler: HandlerName, figures: RequestFigures): number {
  const { method, status, responseBytes } = figures;
  const gives = (handler === "blob" || handler === "manifest") && method === "GET";
  return gives && status < 300 ? responseBytes : 0;
}

function counter(name: string, help: string, value: () => number): Family {
  return { name, help, type: "counter", samples: () => [{ labels: {}, value: value() }] };
}
