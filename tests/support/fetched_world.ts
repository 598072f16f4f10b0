import { FetchedContents } from "../../src/gc/fetched_contents.ts";
import type { KnownUse } from "../../src/gc/repository_images.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { RegistryError } from "../../src/oci/error.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import type { EvictionMetrics, EvictionReason } from "../../src/proxy/eviction_metrics.ts";
import { blobPath } from "../../src/registry/layout.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { Origins } from "../../src/registry/origins.ts";
import type { Repository } from "../../src/registry/registry.ts";
import { present } from "../../src/registry/trash.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { name, pushImage, sha256 } from "./content.ts";
import { ManualTime } from "./manual_time.ts";
import { RecordedLog } from "./recorded_log.ts";

/** A cache's tree without an upstream: what is pushed here counts as fetched. The time is the test's. */
export class FetchedWorld implements EvictionMetrics {
  readonly time = new ManualTime();
  readonly memory = new MemoryDriver(() => this.time.now());
  readonly logger = new RecordedLog();
  readonly evictions: { reason: EvictionReason; images: number; bytes: number }[] = [];
  bytes = -1;

  constructor(
    readonly driver: StorageDriver | undefined = undefined,
    private readonly knownUse?: KnownUse,
  ) {}

  get registry(): LocalRegistry {
    return new LocalRegistry({ driver: this.tree, policy: STRICT, clock: this.time });
  }

  get tree(): StorageDriver {
    return this.driver ?? this.memory;
  }

  get origins(): Origins {
    return new Origins(this.tree, this.time);
  }

  get contents(): FetchedContents {
    const { registry, origins } = this;
    return new FetchedContents({
      driver: this.tree,
      clock: this.time,
      isFetched: (repository) => origins.isFetched(repository),
      unlink: async (repository, digest) => {
        try {
          await registry.repository(repository).manifests.delete({ kind: "digest", digest });
        } catch (error) {
          if (!(error instanceof RegistryError && error.status === 404)) throw error;
        }
      },
      keep: 0,
      ...(this.knownUse && { knownUse: this.knownUse }),
    });
  }

  repository(text: string): Repository {
    return this.registry.repository(name(text));
  }

  async fetch(repository: string, layers: readonly string[], tags: readonly string[] = []) {
    await this.origins.noteFetched(name(repository));
    return await pushImage(this.repository(repository), layers, tags);
  }

  async has(digest: Digest): Promise<boolean> {
    return await present(() => this.tree.stat(blobPath(digest))) !== undefined;
  }

  digestOf(text: string): Promise<Digest> {
    return sha256(text);
  }

  async hasLayer(text: string): Promise<boolean> {
    return await this.has(await sha256(text));
  }

  async use(repository: RepositoryName, digest: Digest): Promise<void> {
    await this.registry.cache.touchManifest(repository, digest);
  }

  size(bytes: number): void {
    this.bytes = bytes;
  }

  evicted(reason: EvictionReason, images: number, bytes: number): void {
    this.evictions.push({ reason, images, bytes });
  }
}
