import type { ByteSource } from "../../src/async/byte_source.ts";
import { type Digest, type DigestAlgorithm, digestOf } from "../../src/oci/digest.ts";
import type { FillMetrics } from "../../src/proxy/fill_metrics.ts";
import { Fills } from "../../src/proxy/fills.ts";
import type { CacheStore } from "../../src/proxy/cache_store.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import type { OpenBlob } from "../../src/registry/registry.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { filesBelow } from "./collecting.ts";
import { name } from "./content.ts";
import { ManualTime } from "./manual_time.ts";
import { seededRandom } from "./random.ts";
import { RecordedLog } from "./recorded_log.ts";
import { ScriptedUpstream } from "./scripted_upstream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const REPOSITORY = name("test.example/library/app");
export const REMOTE = name("library/app");

/** Bytes that differ at every position that matters. */
export function noise(size: number, seed = 1): Bytes {
  const random = seededRandom(seed);
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, size).slice();
}

export interface FillWorldOptions {
  readonly driver?: StorageDriver;
  /** Bytes that upstream sends without being told. */
  readonly allowed?: number;
  readonly algorithm?: DigestAlgorithm;
  /** Stands before the store. */
  readonly store?: (inner: CacheStore) => CacheStore;
}

/** Fills of one blob, with upstream, time and log in the test's hands. */
export class FillWorld implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly log = new RecordedLog();
  readonly metrics: string[] = [];
  readonly fills: Fills;
  readonly local: LocalRegistry;

  private constructor(
    readonly content: Bytes,
    readonly digest: Digest,
    readonly upstream: ScriptedUpstream,
    readonly driver: StorageDriver,
    store: FillWorldOptions["store"] = (inner) => inner,
  ) {
    this.local = new LocalRegistry({ driver, policy: STRICT, clock: this.time });
    this.fills = new Fills({
      local: this.local,
      store: store(this.local.cache),
      clock: this.time,
      timers: this.time,
      logger: this.log,
      metrics: recorded(this.metrics),
    });
  }

  static async make(
    content: number | Bytes,
    { driver = new MemoryDriver(), allowed, algorithm = "sha256", store }: FillWorldOptions = {},
  ): Promise<FillWorld> {
    const bytes = typeof content === "number" ? noise(content) : content;
    const upstream = new ScriptedUpstream(bytes, allowed);
    return new FillWorld(bytes, await digestOf(algorithm, bytes), upstream, driver, store);
  }

  open(options: { size?: number; signal?: AbortSignal; kept?: string } = {}): Promise<OpenBlob> {
    const { size, signal, kept = REPOSITORY } = options;
    return this.fills.open(this.upstream, REMOTE, name(kept), this.digest, size, signal);
  }

  /** What of the blob the repository has; undefined: it has none. */
  async kept(repository: string = REPOSITORY): Promise<Bytes | undefined> {
    const { blobs } = this.local.repository(name(repository));
    const blob = await blobs.open(this.digest).catch(() => undefined);
    return blob && await takeAll(blob.source);
  }

  /** Paths of all files of the tree. */
  files(): Promise<string[]> {
    return filesBelow(this.driver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fills.close();
    await this.local.close();
    await this.driver.close();
  }
}

/** Reads the part of a source, or what can be had of it, as a client would; closes it. */
export async function take(
  source: ByteSource,
  start = 0,
  end = source.size,
): Promise<{ bytes: Bytes; error?: unknown }> {
  const pieces: Bytes[] = [];
  try {
    source.expect?.(start, end);
    for (let at = start; at < end;) {
      const into = new Uint8Array(Math.min(100_000, end - at));
      const count = await source.read(into, at);
      if (count === 0) break;
      pieces.push(into.subarray(0, count));
      at += count;
    }
    return { bytes: joined(pieces) };
  } catch (error) {
    return { bytes: joined(pieces), error };
  } finally {
    source.close();
  }
}

export async function takeAll(source: ByteSource): Promise<Bytes> {
  const { bytes, error } = await take(source);
  if (error !== undefined) throw error;
  return bytes;
}

export function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function recorded(lines: string[]): FillMetrics {
  const line = (what: string) => (...rest: readonly (string | number)[]) =>
    void lines.push([what, ...rest.slice(1, 3)].join(" "));
  return {
    started: line("started"),
    joined: line("joined"),
    resumed: line("resumed"),
    aside: line("aside"),
    relayed: line("relayed"),
    ended: line("ended"),
  };
}
