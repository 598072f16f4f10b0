import {
  algorithmOf,
  CANONICAL,
  type Digest,
  type DigestAlgorithm,
  hexOf,
  makeDigest,
} from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import {
  type FileWriter,
  type HashName,
  PathNotFoundError,
  StorageError,
} from "../storage/driver.ts";
import type { BlobData } from "./blob_data.ts";
import { uploadDataPath, uploadPath } from "./layout.ts";
import type { Links } from "./links.ts";
import { publishBlob } from "./publish_blob.ts";
import type { BlobInfo, UploadSession } from "./registry.ts";

type Chunks = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Who keeps the sessions between requests. */
export interface UploadKeeper {
  /** The session holds an open file now. */
  opened(upload: LocalUpload): void;
  /**
   * This object is not to be used again.
   * @param forGood whether the upload itself is over, committed or cancelled, and not only this object no longer true to the disk
   */
  ended(upload: LocalUpload, forGood?: boolean): void;
}

/** An upload whose bytes lie in `_uploads/<id>/data`; the running hash lives as long as this object does. */
export class LocalUpload implements UploadSession {
  #writer: FileWriter | undefined;
  #offset: number;
  #busy = false;
  /** When it was last written to, in milliseconds since 1970; its keeper's. */
  lastUsed = 0;
  /** A file that is being given back: nothing may be done with it meanwhile, least of all its removal. */
  #releasing: Promise<void> | undefined;
  #hashes: Set<HashName>;

  constructor(
    readonly repository: RepositoryName,
    readonly id: string,
    offset: number,
    algorithm: DigestAlgorithm,
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly keeper: UploadKeeper,
  ) {
    this.#offset = offset;
    this.#hashes = new Set([CANONICAL, algorithm]);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Whether a request is writing. */
  get busy(): boolean {
    return this.#busy;
  }

  append(chunks: Chunks, at?: number, length?: number): Promise<void> {
    return this.#alone(() => this.#append(chunks, at, length));
  }

  commit(digest: Digest, chunks?: Chunks, at?: number, length?: number): Promise<BlobInfo> {
    return this.#alone(async () => {
      if (this.#offset === 0 && this.#writer === undefined) this.#hashes.add(algorithmOf(digest));
      if (chunks) await this.#append(chunks, at, length, true);
      try {
        await this.#complete(digest);
      } catch (error) {
        this.keeper.ended(this); // a disk that failed: the next request opens what is really there
        throw error;
      }
      return { digest, size: this.#offset };
    });
  }

  /** @throws DIGEST_INVALID, and the session is removed */
  async #complete(digest: Digest): Promise<void> {
    const hashes = await this.#finish(algorithmOf(digest));
    if (hashes.get(algorithmOf(digest)) !== hexOf(digest)) {
      await this.#remove();
      throw new RegistryError("DIGEST_INVALID", {
        detail: `invalid digest for referenced layer: ${digest}, content does not match digest`,
      });
    }
    await this.#publish(digest, makeDigest(CANONICAL, hashes.get(CANONICAL) ?? ""));
  }

  cancel(): Promise<void> {
    return this.#alone(() => this.#remove());
  }

  /** Gives back the file and the hash. The session goes on from the disk when it is asked for again. */
  async release(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#releasing = writer?.close();
    await this.#releasing;
  }

  /** @param last whether the commit follows, which hands over all bytes itself */
  async #append(chunks: Chunks, at = this.#offset, length?: number, last = false): Promise<void> {
    if (at !== this.#offset) {
      throw new RegistryError("RANGE_INVALID", {
        detail:
          `upload ${this.id} is at offset ${this.#offset}, the request starts at ${at}: go on from ${this.#offset}`,
      });
    }
    const writer = this.#writer ??= await this.#open(this.#hashes);
    this.keeper.opened(this);
    const start = this.#offset;
    try {
      for await (const chunk of chunks) {
        const size = chunk.length; // the writer takes the chunk
        if (this.#offset + size - start > (length ?? Infinity)) throw otherLength(length, "more");
        await writer.write(chunk);
        this.#offset += size;
      }
      if (this.#offset - start < (length ?? 0)) {
        throw otherLength(length, `${this.#offset - start}`);
      }
    } catch (error) {
      await this.#settle(writer);
      throw error;
    }
    if (!last) await this.#settle(writer);
  }

  /** After a body, whole or broken: what was received is in the file, and the offset is the truth. */
  async #settle(writer: FileWriter): Promise<void> {
    try {
      await writer.flush();
    } catch (error) {
      this.#writer = undefined;
      await writer.close().catch(() => undefined); // the first error is the one to report
      this.keeper.ended(this); // the next request opens what is really on the disk
      throw error;
    }
  }

  #open(hash: Iterable<HashName>): Promise<FileWriter> {
    return this.data.driver.openWriter(uploadDataPath(this.repository, this.id), {
      hash: [...hash],
    });
  }

  /** Syncs the bytes. An algorithm that was not kept along costs a second pass over the file. */
  async #finish(algorithm: DigestAlgorithm): Promise<ReadonlyMap<string, string>> {
    const writer = this.#writer ?? await this.#open(this.#hashes);
    this.#writer = undefined;
    const hashes = await writer.commit();
    if (hashes.has(algorithm)) return hashes;
    const again = await this.#open([algorithm]);
    return new Map([...hashes, ...await again.commit()]);
  }

  async #publish(named: Digest, canonical: Digest): Promise<void> {
    const { repository } = this;
    const finished = { repository, named, canonical, size: this.#offset };
    const path = uploadDataPath(repository, this.id);
    if (!await publishBlob(this.data, this.links, { ...finished, path })) {
      throw new RegistryError("BLOB_UPLOAD_UNKNOWN", {
        detail: "the blob was removed while it was committed: upload it again",
      });
    }
    // The blob is there whatever becomes of the empty session; purging takes what is left.
    await this.#removeFolder().catch(() => undefined);
  }

  async #remove(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close().catch(() => undefined); // its bytes go anyway
    await this.#removeFolder();
  }

  async #removeFolder(): Promise<void> {
    this.keeper.ended(this, true);
    await this.links.trash.drop(uploadPath(this.repository, this.id));
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw beingWritten();
    this.#busy = true;
    try {
      await this.#releasing?.catch(() => undefined); // what is missing of it shows as a smaller offset
      return await work();
    } catch (error) {
      // Another server on the same tree writes it, or has just ended it.
      if (error instanceof StorageError && error.code === "EBUSY") throw beingWritten();
      if (error instanceof PathNotFoundError) throw unknownUpload();
      throw error;
    } finally {
      this.#busy = false;
    }
  }
}

function otherLength(announced: number | undefined, found: string): RegistryError {
  return new RegistryError("SIZE_INVALID", {
    detail: `the body has ${found} bytes, ${announced} were announced`,
  });
}

function beingWritten(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_INVALID", {
    status: 409,
    detail: "another request is writing this upload: wait for it to end",
  });
}

/** No upload of this id in this repository, or none any more. */
export function unknownUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", { detail: "blob upload unknown" });
}
