import type { StorageDriver } from "../../src/storage/driver.ts";
import { InterposedDriver } from "./interposed_driver.ts";

/** Work on a driver that goes on only as far as a test lets it: so two processes can be interleaved step by step. */
export class Stepped<T> {
  readonly driver: InterposedDriver;
  /** Undefined until it has ended; rejections count as ends. */
  result: PromiseSettledResult<T> | undefined;
  #permits = 0;
  #go: (() => void) | undefined;
  #rest = Promise.withResolvers<void>();
  #dead = false;

  constructor(driver: StorageDriver, private readonly work: (driver: StorageDriver) => Promise<T>) {
    this.driver = new InterposedDriver(driver, () => this.#step());
  }

  /** Lets it do so many steps more, or all; resolves when it stands before the next, or has ended. */
  async advance(steps = Infinity): Promise<void> {
    if (this.result !== undefined) return;
    const started = this.#go !== undefined || this.driver.count > 0;
    this.#permits += steps;
    this.#rest = Promise.withResolvers<void>();
    if (!started) void this.#start();
    this.#release();
    await this.#rest.promise;
  }

  /** From now on every step fails, as if the process had died. */
  async kill(): Promise<void> {
    this.#dead = true;
    await this.advance();
  }

  async #start(): Promise<void> {
    const [result] = await Promise.allSettled([this.work(this.driver)]);
    this.result = result;
    this.#rest.resolve();
  }

  async #step(): Promise<void> {
    if (this.#permits <= 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const others = this.#go;
      this.#go = () => {
        others?.();
        resolve();
      };
      this.#rest.resolve();
      await promise;
    }
    this.#permits--;
    if (this.#dead) throw new Error("the process is dead");
  }

  #release(): void {
    const go = this.#go;
    this.#go = undefined;
    go?.();
  }
}
