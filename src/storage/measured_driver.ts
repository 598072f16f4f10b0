import type { ByteSource } from "../async/byte_source.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type {
  FileInfo,
  FileWriter,
  MoveOptions,
  ReadOptions,
  StorageDriver,
  WriterOptions,
} from "./driver.ts";

/**
 * The driver, with the time of each call told by distribution's name of the action (registry/storage/driver/base/base.go). Readers
 * and writers are not timed there, since a client's pace is in them; `touch` and `close` are not known there.
 */
export function measured(driver: StorageDriver, metrics: Metrics): StorageDriver {
  return new MeasuredDriver(driver, metrics);
}

class MeasuredDriver implements StorageDriver {
  readonly name: string;
  declare readonly sizes?: NonNullable<StorageDriver["sizes"]>;
  declare readonly touch?: NonNullable<StorageDriver["touch"]>;
  declare readonly redirectUrl?: NonNullable<StorageDriver["redirectUrl"]>;

  constructor(private readonly driver: StorageDriver, private readonly metrics: Metrics) {
    this.name = driver.name;
    const { sizes, touch, redirectUrl } = driver;
    if (sizes) this.sizes = (paths) => this.#timed("Stat", () => sizes.call(driver, paths));
    if (touch) this.touch = (path) => touch.call(driver, path);
    if (redirectUrl) {
      this.redirectUrl = (path, method) =>
        this.#timed("RedirectURL", () => redirectUrl.call(driver, path, method));
    }
  }

  stat(path: string): Promise<FileInfo> {
    return this.#timed("Stat", () => this.driver.stat(path));
  }

  getContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#timed("GetContent", () => this.driver.getContent(path));
  }

  putContent(
    path: string,
    content: Uint8Array<ArrayBuffer>,
    options?: { readonly lazy?: boolean },
  ): Promise<void> {
    return this.#timed("PutContent", () => this.driver.putContent(path, content, options));
  }

  read(path: string, options?: ReadOptions): Promise<ByteSource> {
    return this.driver.read(path, options);
  }

  openWriter(path: string, options?: WriterOptions): Promise<FileWriter> {
    return this.driver.openWriter(path, options);
  }

  list(path: string): Promise<string[]> {
    return this.#timed("List", () => this.driver.list(path));
  }

  move(from: string, to: string, options?: MoveOptions): Promise<void> {
    return this.#timed("Move", () => this.driver.move(from, to, options));
  }

  remove(path: string, options?: { readonly lazy?: boolean }): Promise<void> {
    return this.#timed("Delete", () => this.driver.remove(path, options));
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  async #timed<T>(action: string, run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await run();
    } finally {
      this.metrics.storageAction(action, (performance.now() - start) / 1000);
    }
  }
}

/** Fails to compile when StorageDriver has a method, optional ones included, that is not measured or passed on here. */
type Forgotten = Exclude<keyof StorageDriver, keyof MeasuredDriver>;
const NOTHING_FORGOTTEN: [Forgotten] extends [never] ? true : Forgotten = true;
void NOTHING_FORGOTTEN;
