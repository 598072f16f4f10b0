import { explainFetchFailure } from "./fetch_failure.ts";
import { UpstreamError } from "./upstream.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import type { Watchdog } from "./watchdog.ts";

/** Bytes of a chunk at most. */
const CHUNK = 256 * 1024;
/**
 * Where bytes flow, so many times as many as came last are waited for, up to a whole chunk: TLS has 16 KiB at a time. When the body then
 * breaks off, those that came of a chunk are lost: whoever goes on by Range gets them again.
 */
const GROWTH = 4;
/** In milliseconds: a chunk that took less belongs to a stream that flows. */
const QUICK = 20;
/** A body up to this is read to its end to keep the connection; a longer one is cheaper to lose with it. */
const WORTH_READING = 16 * 1024;

/** The head of an answer, and its body once. One of `chunks` and `discard` must be called, else only the signal ends it. */
export class HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly #body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  #ended: (() => void) | undefined;
  #isOver = false;

  constructor(
    response: Response,
    readonly host: string,
    private readonly upstream: string,
    private readonly watchdog: Watchdog,
    private readonly limits: UpstreamLimits,
  ) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = response.body;
    if (watchdog.signal.aborted) this.#end();
    else watchdog.signal.addEventListener("abort", this.#end, { once: true });
  }

  /** Calls it once when nothing more comes, or right away when that is so. */
  onEnd(ended: () => void): void {
    if (this.#isOver) ended();
    else this.#ended = ended;
  }

  /**
   * The body; each chunk belongs to the taker, who alone sets the pace. Throws an UpstreamError when it breaks off or stalls, or the
   * reason of the request's signal.
   */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const reader = this.#body?.getReader({ mode: "byob" });
    let received = 0;
    let min = 1;
    let whole = reader === undefined;
    try {
      while (reader !== undefined) {
        this.watchdog.signal.throwIfAborted();
        const asked = performance.now();
        this.watchdog.watch(this.limits.stall, () => this.#stalled(received));
        const { value, done } = await reader.read(new Uint8Array(CHUNK), { min });
        this.watchdog.pause();
        this.watchdog.signal.throwIfAborted(); // an end that came of that is none
        whole = done;
        const length = value?.byteLength ?? 0;
        received += length;
        const flows = performance.now() - asked < QUICK;
        min = flows ? Math.min(CHUNK, Math.max(1, length * GROWTH)) : 1;
        if (value !== undefined && value.byteLength > 0) yield value;
        if (done) return;
      }
    } catch (error) {
      if (this.watchdog.signal.aborted) throw this.watchdog.signal.reason;
      throw this.#brokenOff(error, received);
    } finally {
      if (!whole) await reader?.cancel().catch(() => {});
      this.#end();
    }
  }

  /** All of the body. @throws as chunks does, and an UpstreamError when it is longer than `limit` */
  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const chunk of this.chunks()) {
      length += chunk.byteLength;
      if (length > limit) {
        const reason =
          `${this.host} sent more than the ${limit} bytes that such an answer may have`;
        throw new UpstreamError(this.upstream, "lying", reason);
      }
      parts.push(chunk);
    }
    return join(parts, length);
  }

  /** Nobody wants the body. */
  async discard(): Promise<void> {
    if (this.#isOver) return;
    const length = Number(this.headers.get("content-length") ?? Infinity);
    try {
      if (this.#body !== null && length <= WORTH_READING) {
        for await (const _ of this.chunks());
      } else await this.#body?.cancel();
    } catch {
      // nobody wants its errors either
    } finally {
      this.#end();
    }
  }

  readonly #end = () => {
    if (this.#isOver) return;
    this.#isOver = true;
    this.watchdog.signal.removeEventListener("abort", this.#end);
    this.watchdog[Symbol.dispose]();
    this.#ended?.();
  };

  #stalled(received: number): UpstreamError {
    const waited = `${this.limits.stall / 1000} s`;
    const reason = `${this.host} sent nothing for ${waited} after ${received} bytes`;
    return new UpstreamError(this.upstream, "timeout", reason);
  }

  #brokenOff(error: unknown, received: number): UpstreamError {
    const { reason } = explainFetchFailure(error);
    const announced = this.headers.get("content-length");
    const expected = announced === null ? "" : ` of ${announced}`;
    return new UpstreamError(
      this.upstream,
      "failing",
      `${this.host} broke off after ${received}${expected} bytes: ${reason}`,
    );
  }
}

export function join(
  parts: readonly Uint8Array<ArrayBuffer>[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
