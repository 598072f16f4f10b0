import type { ByteSource } from "../async/byte_source.ts";
import { algorithmOf, CANONICAL, type Digest, hexOf, makeDigest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { type FileWriter, type HashName, PathNotFoundError } from "../storage/driver.ts";
import type { BlobData } from "./blob_data.ts";
import { blobPath, uploadDataPath, uploadPath } from "./layout.ts";
import type { Links } from "./links.ts";
import { publishBlob } from "./publish_blob.ts";
import { writeStart } from "./upload_start.ts";

/** Below this size nobody is given a byte before the whole is verified, so that nothing is gained by writing early. */
const READ_WHILE_WRITTEN = 64 * 1024;

export interface CachedBlobOptions {
  /** In bytes, as far as it is known. */
  readonly size?: number | undefined;
  /** Called when `written` has grown. */
  readonly onWritten?: () => void;
}

/** How much of it can be read. */
class Readable {
  bytes = 0;

  constructor(private readonly onGrown: () => void) {}

  grow(bytes: number): void {
    if (bytes <= this.bytes) return;
    this.bytes = bytes;
    this.onGrown();
  }
}

type Hashes = ReadonlyMap<HashName, string>;

/**
 * A blob that a cache fetches: bytes of an upload that no client knows of, read while it grows. What a crash leaves of it is an
 * upload like any other, and purged as such.
 */
export class CachedBlob {
  #size = 0;
  #canonical: Digest | undefined;
  #ended = false;

  private constructor(
    private readonly repository: RepositoryName,
    private readonly digest: Digest,
    private readonly id: string,
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly writer: FileWriter,
    private readonly readable: Readable,
  ) {}

  static async begin(
    repository: RepositoryName,
    digest: Digest,
    data: BlobData,
    links: Links,
    { size = Infinity, onWritten = () => {} }: CachedBlobOptions,
  ): Promise<CachedBlob> {
    const id = crypto.randomUUID();
    const readable = new Readable(onWritten);
    // Side by side: clients wait for the first byte.
    const [started, opened] = await Promise.allSettled([
      writeStart(data.driver, links.clock, repository, id),
      data.driver.openWriter(uploadDataPath(repository, id), {
        hash: [...new Set([CANONICAL, algorithmOf(digest)])],
        ...(size > READ_WHILE_WRITTEN && { onReadable: (bytes: number) => readable.grow(bytes) }),
      }),
    ]);
    if (started.status === "fulfilled" && opened.status === "fulfilled") {
      return new CachedBlob(repository, digest, id, data, links, opened.value, readable);
    }
    if (opened.status === "fulfilled") await opened.value.cancel().catch(() => undefined);
    await links.trash.drop(uploadPath(repository, id)).catch(() => false);
    throw started.status === "rejected" ? started.reason : (opened as PromiseRejectedResult).reason;
  }

  get written(): number {
    return this.readable.bytes;
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#size += chunk.length;
    await this.writer.write(chunk);
  }

  /** To be called when something was written. */
  async open(): Promise<ByteSource> {
    const { driver } = this.data;
    try {
      return await driver.read(this.#uploadPath, { growing: true });
    } catch (error) {
      if (!(error instanceof PathNotFoundError) || this.#canonical === undefined) throw error;
      return await driver.read(blobPath(this.#canonical), { growing: true }); // the commit has just renamed it
    }
  }

  async commit(onVerified: () => void = () => {}): Promise<void> {
    this.#ended = true;
    const hashes = await this.writer.commit((hashes) => {
      if (!this.#isRight(hashes)) return;
      this.#canonical = canonicalOf(hashes);
      this.readable.grow(this.#size);
      onVerified();
    });
    if (!this.#isRight(hashes)) {
      await this.#drop();
      throw new RegistryError("DIGEST_INVALID", {
        detail: `what was fetched as ${this.digest} has another digest`,
      });
    }
    const finished = { path: this.#uploadPath, size: this.#size, canonical: canonicalOf(hashes) };
    const isThere = await publishBlob(this.data, this.links, {
      ...finished,
      repository: this.repository,
      named: this.digest,
    });
    if (!isThere) {
      throw new RegistryError("BLOB_UNKNOWN", {
        detail: `${this.digest} was removed while it was kept`,
      });
    }
    await this.#drop().catch(() => false); // the blob is there whatever becomes of the empty folder
  }

  async abort(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      await this.writer.cancel().catch(() => undefined); // its bytes go with the folder
    }
    await this.#drop();
  }

  get #uploadPath(): string {
    return uploadDataPath(this.repository, this.id);
  }

  #isRight(hashes: Hashes): boolean {
    return hashes.get(algorithmOf(this.digest)) === hexOf(this.digest);
  }

  #drop(): Promise<boolean> {
    return this.links.trash.drop(uploadPath(this.repository, this.id));
  }
}

function canonicalOf(hashes: Hashes): Digest {
  return makeDigest(CANONICAL, hashes.get(CANONICAL) ?? "");
}
