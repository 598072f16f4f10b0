import { assertEquals, assertRejects } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import { asRepositoryName, asTag, type Reference } from "../../src/oci/reference.ts";
import { createUpstream, type UpstreamOptions } from "../../src/proxy/http_upstream.ts";
import type { RateLimit } from "../../src/proxy/rate_limit.ts";
import type { ResolveHost } from "../../src/proxy/resolve_host.ts";
import { type Upstream, UpstreamError, type UpstreamFailure } from "../../src/proxy/upstream.ts";
import { RecordedLog } from "./recorded_log.ts";

/** An upstream's client whose log, metrics and clock are in the test's hands: `using tested = new TestedUpstream(url)`. */
export class TestedUpstream implements Disposable {
  readonly log = new RecordedLog();
  /** One line for each call: `failed manifest lying`, `rateLimit 5/100`. */
  readonly metrics: string[] = [];
  readonly clock = { time: 1_700_000_000_000, now: () => this.clock.time };
  readonly upstream: Upstream;

  /** @param resolve addresses of names that redirects and realms lead to; default: none has any */
  constructor(url: string, options: Partial<UpstreamOptions> = {}, resolve?: ResolveHost) {
    const { metrics } = this;
    this.upstream = createUpstream({ name: "up.test", remoteurl: url, ...options }, {
      clock: this.clock,
      logger: this.log,
      metrics: {
        answered: (question, status) => void metrics.push(`answered ${question} ${status}`),
        failed: (question, kind) => void metrics.push(`failed ${question} ${kind}`),
        breaker: (open) => void metrics.push(`breaker ${open}`),
        rateLimit: ({ limit, remaining }: RateLimit) =>
          void metrics.push(`rateLimit ${remaining}/${limit}`),
        credentialsRefused: () => void metrics.push("credentialsRefused"),
      },
      resolve: resolve ?? (() => Promise.reject(new Error("no such name"))),
    });
  }

  [Symbol.dispose](): void {
    this.upstream.close();
  }
}

export function repository(name: string) {
  const parsed = asRepositoryName(name);
  if (parsed === undefined) throw new Error(`Expected a repository name: ${name}`);
  return parsed;
}

export function tagged(text: string) {
  const parsed = asTag(text);
  if (parsed === undefined) throw new Error(`Expected a tag: ${text}`);
  return parsed;
}

export function byTag(text: string): Reference {
  return { kind: "tag", tag: tagged(text) };
}

export function byDigest(text: string): Reference {
  return { kind: "digest", digest: parseDigest(text) };
}

/** @returns the error, after a look at its kind */
export async function assertFails(
  work: () => Promise<unknown>,
  kind: UpstreamFailure,
  includes = "",
): Promise<UpstreamError> {
  const error = await assertRejects(work, UpstreamError, includes);
  assertEquals(error.kind, kind, error.message);
  return error;
}

/** All of a blob's bytes in one piece. */
export async function collect(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = await Array.fromAsync(chunks);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
