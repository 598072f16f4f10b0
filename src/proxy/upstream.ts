import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Reference, RepositoryName, Tag } from "../oci/reference.ts";
import type { Listing, Page } from "../registry/registry.ts";

/**
 * A registry that content is fetched from, by its own names (`library/redis`, without our namespace). All methods have an end: they
 * reject with an UpstreamError within the limits of the configuration.
 */
export interface Upstream {
  /** For logs, metrics and messages to clients: `docker.io`, or the host when it has no namespace. */
  readonly name: string;
  /**
   * What a tag points at now: HEAD, or where an upstream has no use for HEAD a GET, whose manifest then comes along.
   * Undefined: it answered 404.
   */
  resolve(repository: RepositoryName, tag: Tag, limits?: Limits): Promise<Resolved | undefined>;
  /** The manifest, verified when asked by digest; at most 4 MiB. Undefined: it answered 404. */
  manifest(
    repository: RepositoryName,
    reference: Reference,
    limits?: Limits,
  ): Promise<FetchedManifest | undefined>;
  /** Size of a blob, without downloading it. Undefined: 404. */
  blobSize(
    repository: RepositoryName,
    digest: Digest,
    limits?: Limits,
  ): Promise<number | undefined>;
  /** The bytes of a blob from `start` on. Undefined: 404. */
  blob(
    repository: RepositoryName,
    digest: Digest,
    options: BlobOptions,
  ): Promise<FetchedBlob | undefined>;
  /** Undefined: 404. */
  tags(repository: RepositoryName, page: Page, limits?: Limits): Promise<Listing<Tag> | undefined>;
  /** Empty: it knows none, or has no such API. */
  referrers(
    repository: RepositoryName,
    subject: Digest,
    artifactType: string | undefined,
    limits?: Limits,
  ): Promise<readonly Descriptor[]>;
  close(): void;
}

export interface Limits {
  readonly signal?: AbortSignal;
}

export interface Resolved {
  readonly digest: Digest;
  /** When it had to be fetched to know. */
  readonly manifest?: FetchedManifest;
}

export interface FetchedManifest {
  /** Computed over the bytes. */
  readonly digest: Digest;
  /** As upstream named it; of the right shape, and what the document says of itself where it says it. */
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface BlobOptions {
  readonly signal: AbortSignal;
  /** First byte wanted; a 206 that starts elsewhere is an error, of a 200 what lies before is skipped. */
  readonly start: number;
  /** First byte not wanted; undefined: to the end. */
  readonly end?: number;
  /** Of the whole blob, when it is known: an upstream that says another one is lying, and of a longer body no more is taken. */
  readonly size?: number;
}

export interface FetchedBlob {
  /** Of the whole blob; undefined when upstream does not say. */
  readonly size: number | undefined;
  /** From `start` on; chunks are the taker's. Rejects with an UpstreamError when it breaks off or stalls. */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/**
 * Why upstream cannot be had, in the terms of the status table (reference/pull_through.md 3):
 * `unreachable` no connection (name, connect, TLS), `timeout` no first byte or a stall, `failing` a 5xx or nonsense, `open` its
 * circuit breaker lets nobody through, `limited` 429, `denied` 401 or 403 after a fresh token, `lying` content that is not what its
 * name says, or an answer that leads where nothing may lead.
 */
export type UpstreamFailure =
  | "unreachable"
  | "timeout"
  | "failing"
  | "open"
  | "limited"
  | "denied"
  | "lying";

export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  /** @param reason one sentence for log and client, without URLs that carry a signature, credentials or tokens */
  constructor(
    readonly upstream: string,
    readonly kind: UpstreamFailure,
    readonly reason: string,
    readonly options: {
      readonly status?: number;
      readonly retryAfter?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`${upstream}: ${reason}`, { cause: options.cause });
  }
}
