import type { Image } from "../../gc/repository_images.ts";
import type { Digest } from "../../oci/digest.ts";

/** Who holds which data, to tell what becomes free when some of them go. */
export class Holders {
  readonly #count = new Map<Digest, number>();

  /** @param kept what stays in any case */
  constructor(private readonly kept: ReadonlySet<Digest>) {}

  /** Data by digest that is counted, each once. */
  get data(): readonly Digest[] {
    return [...this.#count.keys()];
  }

  hold(data: readonly Digest[]): void {
    for (const digest of data) {
      if (!this.kept.has(digest)) this.#count.set(digest, (this.#count.get(digest) ?? 0) + 1);
    }
  }

  /** @returns the data that nobody holds without these images */
  without(images: readonly Image[]): Digest[] {
    const left = new Map(this.#count);
    for (const digest of images.flatMap(({ data }) => data)) {
      left.set(digest, (left.get(digest) ?? 0) - 1);
    }
    return [...left].filter(([, count]) => count === 0).map(([digest]) => digest);
  }
}
