import { isAddress, type Reach, reachOf } from "./inner_addresses.ts";
import type { ResolveHost } from "./resolve_host.ts";
import { isSameSite } from "./same_site.ts";
import type { UpstreamFailure } from "./upstream.ts";
import { orAborted } from "./watchdog.ts";

export interface Refusal {
  readonly kind: UpstreamFailure;
  /** The end of a sentence that begins with what leads there. */
  readonly reason: string;
}

/**
 * Where an upstream may lead us by a redirect or a token realm: anywhere on its own origin; elsewhere over https only, and to public
 * addresses only, so that nobody is led to what is inside (a name that is bound anew after the look meets a TLS handshake that its
 * certificate fails). The configured host may be anywhere; when it is in a private network, so may hosts of its registrable domain.
 */
export class OutboundRule {
  /** @param isProxied whether a proxy resolves names instead of us, so that one that we don't know may be right */
  constructor(
    readonly own: URL,
    private readonly resolve: ResolveHost,
    private readonly isProxied: () => boolean,
  ) {}

  isOwn(url: URL): boolean {
    return url.origin === this.own.origin;
  }

  /** Whether the configured credentials may go there, as those of a token server. */
  mayHaveCredentials(url: URL): boolean {
    if (this.isOwn(url)) return true;
    return url.protocol === "https:" && isSameSite(url.hostname, this.own.hostname);
  }

  /** Undefined: it may be asked. */
  async refusal(url: URL, signal: AbortSignal): Promise<Refusal | undefined> {
    if (url.username !== "" || url.password !== "") {
      return lying(`to ${url.host} with credentials in the URL`);
    }
    if (this.isOwn(url)) return undefined;
    if (url.protocol !== "https:") {
      return lying(`to ${url.host} without https, which only the configured URL may be`);
    }
    if (url.hostname === this.own.hostname) return undefined;
    const reach = await this.#reach(url.hostname, signal);
    if (reach === undefined) {
      if (this.isProxied()) return undefined;
      return { kind: "unreachable", reason: `to ${url.host}, whose name cannot be resolved` };
    }
    if (reach === "public") return undefined;
    if (reach === "private" && await this.#isNeighbour(url, signal)) return undefined;
    return lying(`to ${url.host}, which is not a public address`);
  }

  async #isNeighbour(url: URL, signal: AbortSignal): Promise<boolean> {
    return isSameSite(url.hostname, this.own.hostname) &&
      await this.#reach(this.own.hostname, signal) === "private";
  }

  /** The least that any of its addresses has; undefined: it has none. */
  async #reach(hostname: string, signal: AbortSignal): Promise<Reach | undefined> {
    if (isAddress(hostname)) return reachOf(hostname);
    let addresses: readonly string[];
    try {
      addresses = await orAborted(this.resolve(hostname), signal);
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
    const reaches = addresses.map(reachOf);
    return (["never", "private", "public"] as const).find((reach) => reaches.includes(reach));
  }
}

function lying(reason: string): Refusal {
  return { kind: "lying", reason };
}
