import type { Digest } from "../oci/digest.ts";
import { RegistryError } from "../oci/error.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { OpenBlob } from "../registry/registry.ts";
import { Fill, type FillKeeper } from "./fill.ts";
import { FillEnded, type FillParts, type FillRequest } from "./fill_parts.ts";
import type { Upstream } from "./upstream.ts";

/** Fills that rest, each with a part of its blob and an open file. */
const MOST_PARKED = 32;

/**
 * Blobs that are being fetched: each once for everybody who asks for it in the same repository. (By the digest alone, a private blob
 * would be handed to readers of another repository.)
 */
export class Fills {
  readonly #joinable = new Map<string, Fill>();
  readonly #running = new Map<Fill, Promise<void>>();
  /** The one that rests longest first. */
  readonly #parked = new Set<Fill>();
  #closed = false;

  constructor(private readonly parts: FillParts) {}

  /**
   * The blob, from a fill that is under way, or from a new one. The source has its final size, and its bytes come as upstream gives
   * them.
   * @param size in bytes, as a manifest names it
   * @param signal of the client, who may leave before upstream has answered
   * @throws UpstreamError when upstream cannot be had; RegistryError BLOB_UNKNOWN when it has no such blob
   */
  async open(
    upstream: Upstream,
    remote: RepositoryName,
    kept: RepositoryName,
    digest: Digest,
    size?: number,
    signal?: AbortSignal,
  ): Promise<OpenBlob> {
    for (;;) {
      try {
        return await this.#fill({ upstream, remote, kept, digest, size }).join(signal);
      } catch (error) {
        if (!(error instanceof FillEnded)) throw error;
        if (error.why === "stopping") throw stopping(); // else it was given up just when we came
      }
    }
  }

  /** Ends all that run, and resolves when nothing half is left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const fill of this.#running.keys()) fill.stop();
    await Promise.all(this.#running.values());
  }

  /** Found or made without waiting, so that two who ask at once get the same. */
  #fill(request: FillRequest): Fill {
    if (this.#closed) throw stopping();
    const key = keyOf(request);
    const running = this.#joinable.get(key);
    if (running !== undefined) return running;
    const fill = new Fill(request, this.parts, this.#keeper);
    this.#joinable.set(key, fill);
    this.#running.set(fill, fill.run().finally(() => this.#running.delete(fill)));
    return fill;
  }

  readonly #keeper: FillKeeper = {
    over: (fill) => {
      const key = keyOf(fill.request);
      if (this.#joinable.get(key) === fill) this.#joinable.delete(key);
    },
    parked: (fill) => {
      this.#parked.add(fill);
      const [oldest] = this.#parked;
      if (this.#parked.size > MOST_PARKED) oldest?.discard();
    },
    unparked: (fill) => void this.#parked.delete(fill),
  };
}

function keyOf({ upstream, kept, digest }: FillRequest): string {
  return `${upstream.name} ${kept} ${digest}`;
}

function stopping(): RegistryError {
  return new RegistryError("UNAVAILABLE", { detail: "the server is stopping: try again" });
}
