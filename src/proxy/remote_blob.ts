import type { FillRequest } from "./fill_parts.ts";
import { type FetchedBlob, UpstreamError } from "./upstream.ts";

/** One blob as an upstream has it. */
export class RemoteBlob {
  /** In bytes, once it is known. */
  size: number | undefined;

  constructor(private readonly request: FillRequest) {}

  /** Undefined: upstream has none. */
  bytes(start: number, signal: AbortSignal, end?: number): Promise<FetchedBlob | undefined> {
    const { upstream, remote, digest } = this.request;
    return upstream.blob(remote, digest, {
      start,
      signal,
      ...(end !== undefined && { end }),
      ...(this.size !== undefined && { size: this.size }),
    });
  }

  /** What comes after bytes that were there once. */
  async rest(start: number, signal: AbortSignal): Promise<FetchedBlob> {
    const fetched = await this.bytes(start, signal);
    if (fetched !== undefined) return fetched;
    const { name } = this.request.upstream;
    throw new UpstreamError(name, "failing", "the blob is no longer there", { status: 404 });
  }

  /** What it says when the bytes that came are not those that the digest names. */
  isOther(): UpstreamError {
    const { upstream, digest } = this.request;
    return new UpstreamError(upstream.name, "lying", `what it sent as ${digest} is something else`);
  }

  /** Without downloading it; undefined when upstream does not say. */
  async askSize(signal: AbortSignal): Promise<number | undefined> {
    const { upstream, remote, digest } = this.request;
    return await upstream.blobSize(remote, digest, { signal }).catch(() => undefined);
  }
}
