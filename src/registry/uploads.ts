import type { Clock } from "../async/clock.ts";
import { CANONICAL, type DigestAlgorithm } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StorageDriver } from "../storage/driver.ts";
import type { BlobData } from "./blob_data.ts";
import { uploadDataPath, uploadStartPath } from "./layout.ts";
import type { Links } from "./links.ts";
import { present } from "./trash.ts";
import { LocalUpload } from "./upload_session.ts";

/** Sessions whose file stays open and whose hash stays at hand between requests; more are read again when they go on. */
const OPEN_SESSIONS = 256;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The upload sessions of all repositories. What counts is on the disk; the open ones save a second hash. */
export class Uploads {
  readonly #open = new Map<string, LocalUpload>();

  constructor(
    private readonly driver: StorageDriver,
    private readonly data: BlobData,
    private readonly links: Links,
    private readonly clock: Clock,
  ) {}

  async start(
    repository: RepositoryName,
    algorithm: DigestAlgorithm = CANONICAL,
  ): Promise<LocalUpload> {
    const id = crypto.randomUUID();
    // As distribution writes it: UTC, whole seconds. Not synced: an upload that a power cut takes away is started again.
    const now = new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const writer = await this.driver.openWriter(uploadStartPath(repository, id), {
      truncate: true,
    });
    await writer.write(new TextEncoder().encode(now));
    await writer.close();
    return this.#keep(repository, id, 0, algorithm);
  }

  /** @throws BLOB_UPLOAD_UNKNOWN */
  async resume(repository: RepositoryName, id: string): Promise<LocalUpload> {
    if (!UUID.test(id)) throw unknownUpload();
    const open = this.#open.get(id);
    if (open?.repository === repository && (open.busy || await this.#isCurrent(open))) return open;
    if (await present(() => this.driver.stat(uploadStartPath(repository, id))) === undefined) {
      throw unknownUpload();
    }
    const data = await present(() => this.driver.stat(uploadDataPath(repository, id)));
    return this.#open.get(id) ?? this.#keep(repository, id, data?.size ?? 0, CANONICAL);
  }

  /** Gives back all files. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map((upload) => upload.release()));
  }

  /** Whether the file is what this process left: another server on the same tree may have gone on with it, or ended it. */
  async #isCurrent(upload: LocalUpload): Promise<boolean> {
    const path = uploadDataPath(upload.repository, upload.id);
    const size = (await present(() => this.driver.stat(path)))?.size ?? 0;
    if (upload.busy) return true;
    if (size === upload.offset && (size > 0 || await this.#isStarted(upload))) return true;
    this.#open.delete(upload.id);
    await upload.release();
    return false;
  }

  async #isStarted(upload: LocalUpload): Promise<boolean> {
    return await present(() => this.driver.stat(uploadStartPath(upload.repository, upload.id))) !==
      undefined;
  }

  #keep(
    repository: RepositoryName,
    id: string,
    offset: number,
    algorithm: DigestAlgorithm,
  ): LocalUpload {
    const upload: LocalUpload = new LocalUpload(
      repository,
      id,
      offset,
      algorithm,
      this.data,
      this.links,
      () => {
        if (this.#open.get(id) === upload) this.#open.delete(id);
      },
    );
    this.#open.set(id, upload);
    if (this.#open.size > OPEN_SESSIONS) this.#releaseOldest();
    return upload;
  }

  #releaseOldest(): void {
    for (const upload of this.#open.values()) {
      if (upload.busy) continue;
      this.#open.delete(upload.id);
      void upload.release().catch(() => undefined); // an unsynced part; what is missing shows as a smaller offset
      return;
    }
  }
}

function unknownUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", { detail: "blob upload unknown" });
}
