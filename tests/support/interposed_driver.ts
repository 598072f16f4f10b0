import type { ByteSource } from "../../src/async/byte_source.ts";
import type {
  FileInfo,
  FileWriter,
  MoveOptions,
  ReadOptions,
  StorageDriver,
  WriterOptions,
} from "../../src/storage/driver.ts";

/** Runs `before` ahead of every operation on a driver: the place where a test lets another process act, or lets the disk fail. */
export class InterposedDriver implements StorageDriver {
  readonly name: string;
  /** Operations begun so far. */
  count = 0;

  constructor(
    private readonly driver: StorageDriver,
    private readonly before: (operation: string, path: string, number: number) => Promise<void>,
  ) {
    this.name = driver.name;
  }

  async stat(path: string): Promise<FileInfo> {
    await this.#step("stat", path);
    return await this.driver.stat(path);
  }

  async getContent(path: string): Promise<Uint8Array<ArrayBuffer>> {
    await this.#step("getContent", path);
    return await this.driver.getContent(path);
  }

  async putContent(
    path: string,
    content: Uint8Array<ArrayBuffer>,
    options?: { readonly lazy?: boolean },
  ): Promise<void> {
    await this.#step("putContent", path);
    await this.driver.putContent(path, content, options);
  }

  async read(path: string, options?: ReadOptions): Promise<ByteSource> {
    await this.#step("read", path);
    return await this.driver.read(path, options);
  }

  async openWriter(path: string, options?: WriterOptions): Promise<FileWriter> {
    await this.#step("openWriter", path);
    return await this.driver.openWriter(path, options);
  }

  async list(path: string): Promise<string[]> {
    await this.#step("list", path);
    return await this.driver.list(path);
  }

  async move(from: string, to: string, options?: MoveOptions): Promise<void> {
    await this.#step("move", from);
    await this.driver.move(from, to, options);
  }

  async remove(path: string, options?: { readonly lazy?: boolean }): Promise<void> {
    await this.#step("remove", path);
    await this.driver.remove(path, options);
  }

  async touch(path: string): Promise<void> {
    await this.#step("touch", path);
    await this.driver.touch?.(path);
  }

  async sizes(paths: readonly string[]): Promise<readonly (number | undefined)[]> {
    await this.#step("sizes", paths[0] ?? "/");
    if (this.driver.sizes === undefined) throw new Error("the driver has no sizes()");
    return await this.driver.sizes(paths);
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  async #step(operation: string, path: string): Promise<void> {
    await this.before(operation, path, this.count++);
  }
}
