import { LRUCache } from "lru-cache";
import type { Clock } from "../async/clock.ts";
import { countBounded } from "../async/count_bounded.ts";
import { CANONICAL, type DigestAlgorithm } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { StorageDriver } from "../storage/driver.ts";
import type { BlobData } from "./blob_data.ts";
import { uploadDataPath, uploadStartPath } from "./layout.ts";
import type { Links } from "./links.ts";
import { present } from "./trash.ts";
import { writeStart } from "./upload_start.ts";
import { LocalUpload, unknownUpload, type UploadKeeper } from "./upload_session.ts";

/** Sessions whose file stays open and whose hash stays at hand between requests; others are read again when they go on. */
const OPEN_FILES = 256;
/** … and no longer than this without being used, which is looked at when another is. */
const IDLE_MS = 5 * 60 * 1000;
/** Sessions that are remembered at all; those beyond are looked up on the disk. */
const KNOWN_SESSIONS = 10_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The upload sessions of all repositories. What counts is on the disk; the open ones save a second hash. */
export class Uploads implements UploadKeeper {
  /** By id, the oldest first. */
  readonly #known = new Map<string, LocalUpload>();
  /** Those that hold a file, the one used longest ago first. */
  readonly #holding = new Set<LocalUpload>();

  /** Ids of uploads that are over, so that a request which looked for one just before does not bring it back to life. */
  readonly #over = new LRUCache<string, true>(countBounded(KNOWN_SESSIONS));

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
    await writeStart(this.driver, this.clock, repository, id);
    return this.#keep(repository, id, 0, algorithm);
  }

  /** @throws BLOB_UPLOAD_UNKNOWN */
  async resume(repository: RepositoryName, id: string): Promise<LocalUpload> {
    if (!UUID.test(id)) throw unknownUpload();
    const open = this.#known.get(id);
    if (open?.repository === repository && (open.busy || await this.#isCurrent(open))) return open;
    if (await present(() => this.driver.stat(uploadStartPath(repository, id))) === undefined) {
      throw unknownUpload();
    }
    const data = await present(() => this.driver.stat(uploadDataPath(repository, id)));
    if (this.#over.has(id)) throw unknownUpload();
    return this.#known.get(id) ?? this.#keep(repository, id, data?.size ?? 0, CANONICAL);
  }

  /** Gives back all files. */
  async close(): Promise<void> {
    const open = [...this.#holding];
    this.#known.clear();
    this.#holding.clear();
    await Promise.all(open.map((upload) => upload.release()));
  }

  /** Whether the file is what this process left: another server on the same tree may have gone on with it, or ended it. */
  async #isCurrent(upload: LocalUpload): Promise<boolean> {
    const path = uploadDataPath(upload.repository, upload.id);
    const size = (await present(() => this.driver.stat(path)))?.size ?? 0;
    if (upload.busy) return true;
    if (size === upload.offset && (size > 0 || await this.#isStarted(upload))) return true;
    this.ended(upload);
    await upload.release();
    return false;
  }

  async #isStarted(upload: LocalUpload): Promise<boolean> {
    return await present(() => this.driver.stat(uploadStartPath(upload.repository, upload.id))) !==
      undefined;
  }

  opened(upload: LocalUpload): void {
    this.#holding.delete(upload);
    this.#holding.add(upload);
    const now = this.clock.now();
    upload.lastUsed = now;
    let surplus = this.#holding.size - OPEN_FILES;
    for (const oldest of this.#holding) {
      if (oldest.busy) continue;
      if (surplus-- <= 0 && now - oldest.lastUsed < IDLE_MS) return;
      this.#holding.delete(oldest);
      void oldest.release().catch(() => undefined); // what is missing of it shows as a smaller offset
    }
  }

  ended(upload: LocalUpload, forGood = false): void {
    if (forGood) this.#over.set(upload.id, true);
    if (this.#known.get(upload.id) === upload) this.#known.delete(upload.id);
    this.#holding.delete(upload);
  }

  #keep(
    repository: RepositoryName,
    id: string,
    offset: number,
    algorithm: DigestAlgorithm,
  ): LocalUpload {
    const upload = new LocalUpload(repository, id, offset, algorithm, this.data, this.links, this);
    this.#known.set(id, upload);
    if (this.#known.size > KNOWN_SESSIONS) this.#forgetOldest();
    return upload;
  }

  #forgetOldest(): void {
    for (const upload of this.#known.values()) {
      if (upload.busy || this.#holding.has(upload)) continue;
      this.#known.delete(upload.id);
      return;
    }
  }
}
