import { setImmediate } from "node:timers";
import type { Digest } from "../../src/oci/digest.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import {
  type BlobOptions,
  type FetchedBlob,
  type Upstream,
  UpstreamError,
} from "../../src/proxy/upstream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A GET that was made. */
export interface Get {
  readonly repository: string;
  readonly start: number;
  readonly end: number | undefined;
}

/** An upstream with one blob, whose bytes come when the test lets them, and break off where it says. */
export class ScriptedUpstream implements Upstream {
  readonly gets: Get[] = [];
  readonly sizesAsked: string[] = [];
  /** Bodies that are being read now. */
  open = 0;
  /** Bytes handed out over all GETs. */
  given = 0;
  /** Bytes of a chunk. */
  piece = 64 * 1024;
  /** Where the bodies break off, one after the other; undefined: not at all. */
  cuts: (number | undefined)[] = [];
  /** What GETs are refused with, one after the other; undefined: not at all. */
  refusals: (UpstreamError | "absent" | undefined)[] = [];
  /** What GETs and HEADs say of the size. */
  announced: number | undefined;
  headSize: number | undefined;
  /** In place of the right bytes. */
  sent: Bytes;
  #allowed: number;
  #changed = Promise.withResolvers<void>();

  /** @param allowed bytes that come without waiting */
  constructor(readonly content: Bytes, allowed = Infinity, readonly name = "test.example") {
    this.sent = content;
    this.announced = this.headSize = content.length;
    this.#allowed = allowed;
  }

  /** Bytes up to this position come now. */
  allow(position: number): void {
    this.#allowed = position;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async blob(
    repository: RepositoryName,
    _digest: Digest,
    { start, end, signal }: BlobOptions,
  ): Promise<FetchedBlob | undefined> {
    this.gets.push({ repository, start, end });
    const cut = this.cuts.shift();
    const refusal = this.refusals.shift();
    await Promise.resolve();
    signal.throwIfAborted();
    if (refusal === "absent") return undefined;
    if (refusal !== undefined) throw refusal;
    const stop = Math.min(end ?? Infinity, this.sent.length);
    return { size: this.announced, chunks: this.#chunks(start, stop, cut, signal) };
  }

  blobSize(repository: RepositoryName): Promise<number | undefined> {
    this.sizesAsked.push(repository);
    if (this.headSize !== undefined) return Promise.resolve(this.headSize);
    return Promise.reject(new UpstreamError(this.name, "failing", "it does not say how long"));
  }

  resolve = unasked;
  manifest = unasked;
  tags = unasked;
  referrers = unasked;
  close(): void {}

  /** A failure of its own making. */
  error(kind: UpstreamError["kind"], reason = "it broke off"): UpstreamError {
    return new UpstreamError(this.name, kind, reason);
  }

  async *#chunks(
    start: number,
    stop: number,
    cut: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Bytes> {
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => undefined);
    const leave = () => gone.reject(signal.reason);
    signal.addEventListener("abort", leave);
    this.open++;
    try {
      for (let at = start; at < stop;) {
        signal.throwIfAborted();
        if (at === cut) throw this.error("failing");
        if (at >= this.#allowed) {
          await Promise.race([this.#changed.promise, gone.promise]);
          continue;
        }
        const next = Math.min(at + this.piece, stop, this.#allowed, cut ?? Infinity);
        const chunk = this.sent.slice(at, next);
        await onceAround();
        at += chunk.length;
        this.given += chunk.length;
        yield chunk;
      }
    } finally {
      this.open--;
      signal.removeEventListener("abort", leave);
    }
  }
}

/** As from a socket: others have their turn between two chunks. */
function onceAround(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function unasked(): Promise<never> {
  return Promise.reject(new Error("the test's upstream has blobs only"));
}
