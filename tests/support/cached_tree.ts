import { systemClock } from "../../src/async/clock.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { hexOf } from "../../src/oci/digest.ts";
import { blobPath, revisionLinkPath, tagLinkPath } from "../../src/registry/layout.ts";
import { LocalRegistry } from "../../src/registry/local_registry.ts";
import { STRICT } from "../../src/registry/manifest_policy.ts";
import { Origins } from "../../src/registry/origins.ts";
import type { Repository } from "../../src/registry/registry.ts";
import { present } from "../../src/registry/trash.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { name, pushImage, tag } from "./content.ts";
import { TempFolder } from "./temp_folder.ts";

/** A cache's folder, and a registry that is at work on it as a running server would be. What `fetch` puts there counts as fetched. */
export class CachedTree implements AsyncDisposable {
  readonly driver: FilesystemDriver;
  readonly registry: LocalRegistry;

  private constructor(private readonly folder: TempFolder) {
    this.driver = new FilesystemDriver({ root: this.root, workers: 1 });
    this.registry = new LocalRegistry({ driver: this.driver, policy: STRICT, clock: systemClock });
  }

  static async make(): Promise<CachedTree> {
    return new CachedTree(await TempFolder.make());
  }

  get root(): string {
    return this.folder.at("data");
  }

  /** A configuration of this folder. */
  config(more = ""): string {
    const storage = `storage: {filesystem: {rootdirectory: ${this.root}}`;
    return `version: 0.1\n${storage}${more}}\nhttp: {addr: '127.0.0.1:5000'}\n`;
  }

  repository(text: string): Repository {
    return this.registry.repository(name(text));
  }

  async noteFetched(text: string): Promise<void> {
    await new Origins(this.driver, systemClock).noteFetched(name(text));
  }

  async fetch(
    repository: string,
    layers: readonly string[],
    tags: readonly string[] = [],
    extra: Record<string, unknown> = {},
  ): Promise<Digest> {
    await this.noteFetched(repository);
    return await pushImage(this.repository(repository), layers, tags, extra);
  }

  /** Says when a manifest was last used, or a tag checked. */
  async usedAt(repository: string, used: Digest, at: string): Promise<void> {
    await this.#setTime(revisionLinkPath(name(repository), used), at);
  }

  async checkedAt(repository: string, checked: string, at: string): Promise<void> {
    await this.#setTime(tagLinkPath(name(repository), tag(checked)), at);
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return await present(() => this.driver.stat(blobPath(digest))) !== undefined;
  }

  /** Changes the bytes of a blob, as a bad disk does. */
  async spoil(digest: Digest): Promise<void> {
    const path = `${this.root}${blobPath(digest)}`;
    await Deno.writeTextFile(path, hexOf(digest));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.close();
    await this.driver.close();
    await this.folder[Symbol.asyncDispose]();
  }

  async #setTime(path: string, at: string): Promise<void> {
    await Deno.utime(`${this.root}${path}`, new Date(at), new Date(at));
  }
}
