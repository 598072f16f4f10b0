import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { type Part, partOf } from "./blob_body.ts";
import { parseContentRange, parseLength, unsatisfiedTotal } from "./content_range.ts";
import { encodingOf } from "./decoded_body.ts";
import type { HttpAnswer } from "./http_answer.ts";
import type { Questions } from "./questions.ts";
import type {
  BlobOptions,
  FetchedBlob,
  Limits,
  UpstreamError,
  UpstreamFailure,
} from "./upstream.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import type { UpstreamUrls } from "./upstream_urls.ts";

/** What an answer to a GET has of a blob. */
interface Opened extends Part {
  readonly size: number | undefined;
}

/** The blobs of one upstream. */
export class UpstreamBlobs {
  constructor(
    private readonly questions: Questions,
    private readonly urls: UpstreamUrls,
    private readonly limits: UpstreamLimits,
  ) {}

  size(
    repository: RepositoryName,
    digest: Digest,
    limits?: Limits,
  ): Promise<number | undefined> {
    return this.questions.within(this.limits.answer, limits?.signal, async (signal) => {
      const asked = {
        question: "blob",
        repository,
        url: this.urls.blob(repository, digest),
        signal,
      } as const;
      const known = await this.questions.small({ ...asked, method: "HEAD" }, (answer) => {
        const { status, headers } = answer;
        const length = parseLength(headers.get("content-length"));
        return Promise.resolve(
          status === 200 && encodingOf(answer) === undefined ? length : undefined,
        );
      });
      if (known !== undefined) return known;
      // Some answer 404 or 405 to HEAD, or without a length, and serve GET. One byte is asked for.
      const headers = { range: "bytes=0-0" };
      return await this.questions.small({ ...asked, method: "GET", headers }, (answer) => {
        if (answer.status === 404) return Promise.resolve(undefined);
        const size = sizeOf(answer);
        if (size !== undefined) return Promise.resolve(size);
        throw this.#error(
          "failing",
          `${answer.host} does not say how long ${digest} is (status ${answer.status})`,
        );
      });
    });
  }

  async open(
    repository: RepositoryName,
    digest: Digest,
    options: BlobOptions,
  ): Promise<FetchedBlob | undefined> {
    for (let tries = 1;; tries++) {
      const answer = await this.#get(repository, digest, options);
      try {
        if (answer.status === 404) {
          await answer.discard();
          return undefined;
        }
        const encoding = encodingOf(answer);
        if (encoding !== undefined) {
          await answer.discard();
          if (tries === 1) continue;
          throw this.#error(
            "lying",
            `${answer.host} sends ${digest} encoded, by ${inShort(encoding)}`,
          );
        }
        const opened = this.#read(answer, digest, options);
        return { size: opened.size, chunks: this.#chunks(answer, digest, opened) };
      } catch (error) {
        await answer.discard();
        throw this.questions.tell("blob", error);
      }
    }
  }

  #get(
    repository: RepositoryName,
    digest: Digest,
    { start, end, signal }: BlobOptions,
  ): Promise<HttpAnswer> {
    const range = start === 0 && end === undefined
      ? undefined
      : `bytes=${start}-${end === undefined ? "" : end - 1}`;
    return this.questions.transfer({
      question: "blob",
      method: "GET",
      repository,
      url: this.urls.blob(repository, digest),
      ...(range !== undefined && { headers: { range } }),
      signal,
    });
  }

  #read(answer: HttpAnswer, digest: Digest, options: BlobOptions): Opened {
    const opened = this.#readStatus(answer, digest, options);
    const { size } = opened;
    if (options.size === undefined || size === undefined || size === options.size) return opened;
    throw this.#error(
      "lying",
      `${answer.host} says that ${digest} has ${size} bytes, but it has ${options.size}`,
    );
  }

  #readStatus(
    answer: HttpAnswer,
    digest: Digest,
    { start, end, size: known }: BlobOptions,
  ): Opened {
    const { status, headers, host } = answer;
    const most = this.limits.blob;
    const contentRange = headers.get("content-range");
    const length = parseLength(headers.get("content-length"));
    if (status === 200) {
      const size = length ?? known;
      if (size !== undefined && start > size) throw this.#wrongRange(host, digest, start);
      const stop = Math.min(end ?? Infinity, size ?? Infinity);
      const goesOn = length === undefined || stop < length;
      const wanted = stop === Infinity ? undefined : Math.max(0, stop - start);
      return { size, skip: start, length: wanted, most, goesOn: wanted !== undefined && goesOn };
    }
    if (status === 416 && start > 0 && unsatisfiedTotal(contentRange) === start) {
      return { size: start, skip: 0, length: 0, most, goesOn: true }; // nothing is left
    }
    const range = status === 206 ? parseContentRange(contentRange) : undefined;
    if (status !== 206 && status !== 416) {
      throw this.#error(
        "failing",
        `${host} answered ${status}, which is no answer to a request for a blob`,
        { status },
      );
    }
    const size = range?.total ?? known;
    const stop = Math.min(end ?? Infinity, size ?? Infinity);
    const isRight = range?.start === start && (stop === Infinity || range.end === stop) &&
      (length === undefined || length === range.end - range.start);
    if (range === undefined || !isRight) throw this.#wrongRange(host, digest, start);
    return { size, skip: 0, length: range.end - start, most, goesOn: length === undefined };
  }

  async *#chunks(
    answer: HttpAnswer,
    digest: Digest,
    part: Part,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { host } = answer;
    try {
      yield* partOf(answer.chunks(), part, {
        tooShort: (received) =>
          this.#error(
            "failing",
            `${host} ended ${digest} after ${received} bytes of ${part.length ?? "more"}`,
          ),
        tooLong: () => this.#error("lying", `${host} does not come to an end with ${digest}`),
      });
    } catch (error) {
      throw this.questions.tell("blob", error);
    } finally {
      await answer.discard();
    }
  }

  #wrongRange(host: string, digest: Digest, start: number): UpstreamError {
    return this.#error("lying", `${host} has another range of ${digest} than that from ${start}`);
  }

  #error(
    kind: UpstreamFailure,
    reason: string,
    options: UpstreamError["options"] = {},
  ): UpstreamError {
    return this.questions.error(kind, reason, options);
  }
}

/** Of the whole blob, by the answer to a GET of its first byte. */
function sizeOf(answer: HttpAnswer): number | undefined {
  const { status, headers } = answer;
  if (encodingOf(answer) !== undefined) return undefined;
  const contentRange = headers.get("content-range");
  if (status === 200) return parseLength(headers.get("content-length"));
  if (status === 206) return parseContentRange(contentRange)?.total;
  // of an empty blob there is no first byte
  return status === 416 && unsatisfiedTotal(contentRange) === 0 ? 0 : undefined;
}

function inShort(text: string): string {
  return text.replace(/[^\w-]/g, "").slice(0, 20);
}
