import { type Family, histogramSamples, type Sample } from "./family.ts";
import { Histogram } from "./histogram.ts";
import { LabelledCounter } from "./labelled_counter.ts";

/** From an upstream next door to the longest that one is waited for. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

/** Why an upstream could not be had. Series that are at 0 from the start: a rate does not see one that begins with 1. */
export const FAILURES: readonly string[] = [
  "unreachable",
  "timeout",
  "failing",
  "open",
  "limited",
  "denied",
  "lying",
];
/** It would not have ours, whatever came of the question. */
const CREDENTIALS = "credentials";

/** What the client of one upstream tells. */
export interface UpstreamFigures {
  answered(question: string, status: number, milliseconds: number): void;
  failed(question: string, kind: string): void;
  breaker(open: boolean): void;
  rateLimit(limit: { readonly remaining: number }): void;
  credentialsRefused(): void;
}

interface UpstreamTally {
  readonly seconds: Map<string, Histogram>;
  isOpen: boolean;
  /** Undefined until it says something of a limit. */
  remaining: number | undefined;
}

/** What was asked of upstreams and what became of it. Labels are names of the configuration, questions and kinds, never a repository. */
export class UpstreamTallies {
  readonly #upstreams = new Map<string, UpstreamTally>();
  readonly #requests = new LabelledCounter(["upstream", "question", "status"]);
  readonly #failures = new LabelledCounter(["upstream", "kind"]);

  of(upstream: string): UpstreamFigures {
    const tally = this.#tally(upstream);
    return {
      answered: (question, status, milliseconds) => {
        this.#requests.add([upstream, question, classOf(status)]);
        secondsOf(tally, question).observe(milliseconds / 1000);
      },
      failed: (_question, kind) => this.#failures.add([upstream, kind]),
      breaker: (open) => void (tally.isOpen = open),
      rateLimit: ({ remaining }) => void (tally.remaining = remaining),
      credentialsRefused: () => this.#failures.add([upstream, CREDENTIALS]),
    };
  }

  families(): Family[] {
    const duration = "berth_upstream_request_duration_seconds";
    return [
      {
        name: "berth_upstream_requests_total",
        help: "Questions to an upstream that it answered, by the class of the status.",
        type: "counter",
        samples: () => this.#requests.samples(),
      },
      {
        name: duration,
        help: "Time until the head of an upstream's answer, redirects and tokens included.",
        type: "histogram",
        samples: () =>
          [...this.#upstreams].flatMap(([upstream, { seconds }]) =>
            [...seconds].flatMap(([question, histogram]) =>
              histogramSamples(duration, { upstream, question }, histogram)
            )
          ),
      },
      {
        name: "berth_upstream_failures_total",
        help: "Questions to an upstream without an answer that can be used, by what was wrong.",
        type: "counter",
        samples: () => this.#failures.samples(),
      },
      {
        name: "berth_upstream_breaker_open",
        help: "Whether an upstream is left alone because it does not answer.",
        type: "gauge",
        samples: () => this.#eachUpstream(({ isOpen }) => Number(isOpen)),
      },
      {
        name: "berth_upstream_ratelimit_remaining",
        help: "Pulls that an upstream still allows, as it said last.",
        type: "gauge",
        samples: () => this.#eachUpstream(({ remaining }) => remaining),
      },
    ];
  }

  #tally(upstream: string): UpstreamTally {
    let tally = this.#upstreams.get(upstream);
    if (tally === undefined) {
      tally = { seconds: new Map(), isOpen: false, remaining: undefined };
      this.#upstreams.set(upstream, tally);
      for (const kind of [...FAILURES, CREDENTIALS]) this.#failures.add([upstream, kind], 0);
    }
    return tally;
  }

  #eachUpstream(value: (tally: UpstreamTally) => number | undefined): Sample[] {
    return [...this.#upstreams].flatMap(([upstream, tally]) => {
      const found = value(tally);
      return found === undefined ? [] : [{ labels: { upstream }, value: found }];
    });
  }
}

function secondsOf({ seconds }: UpstreamTally, question: string): Histogram {
  let histogram = seconds.get(question);
  if (histogram === undefined) seconds.set(question, histogram = new Histogram(SECONDS));
  return histogram;
}

/** `2xx`; an upstream can answer any number, and each would be a series for ever. */
function classOf(status: number): string {
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : "unknown";
}
