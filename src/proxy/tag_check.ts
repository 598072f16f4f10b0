import type { StoredManifest } from "../registry/registry.ts";
import { warningOf } from "./refusals.ts";
import type { UpstreamError } from "./upstream.ts";

/** One question to upstream what a tag points at, and all who wait for the answer. */
export class TagCheck {
  #stale: Promise<StoredManifest | undefined> | undefined;
  #told = false;

  /**
   * @param answer rejects with UpstreamError, or with what the client is told
   * @param findStale what is cached, when it will do
   * @param tell called once, with why upstream cannot be asked and whether something cached helps
   */
  constructor(
    readonly answer: Promise<StoredManifest>,
    private readonly findStale: () => Promise<StoredManifest | undefined>,
    private readonly tell: (why: UpstreamError, isStale: boolean) => void,
  ) {}

  /** What is cached, with the warning that goes with it; looked for once. */
  async staleBecause(error: UpstreamError): Promise<StoredManifest | undefined> {
    this.#stale ??= this.findStale();
    const stale = await this.#stale;
    if (!this.#told) this.tell(error, stale !== undefined);
    this.#told = true;
    return stale && { ...stale, warning: warningOf(error) };
  }
}
