import type { ProxyConfig } from "../../config/config.ts";
import type { Digest } from "../../oci/digest.ts";
import { namedUpstreams } from "../client_config/named_upstream.ts";
import { EXIT } from "../exit_code.ts";
import { UsageError } from "../flags.ts";
import { sum } from "./cache_lines.ts";
import { cachedRepositories, type CachedRepository } from "./cached_repository.ts";
import { Holders } from "./holders.ts";
import { isoTime, jsonText, sizeText, table, timeText } from "./table.ts";
import type { CacheTask } from "./task.ts";
import { unreadable } from "./unreadable.ts";

export const STATS: CacheTask = {
  name: "stats",
  texts: [],
  switches: [],

  check({ positional }) {
    if (positional.length > 0) throw new UsageError(`Expected nothing, found ${positional[0]}`);
  },

  async run(flags, config, system) {
    const { openCache } = await import("./open_cache.ts"); // the other commands start without it
    await using cache = openCache(config);
    const kept = await cache.contents.kept(new AbortController().signal);
    const total = new Totals("total", kept);
    const parts = new Map<string, Totals>();
    const skipped = unreadable(system);
    for await (const repository of cachedRepositories(cache, skipped.tell)) {
      const upstream = upstreamOf(repository.name, config.proxy);
      const part = parts.get(upstream) ?? new Totals(upstream, kept);
      parts.set(upstream, part);
      for (const totals of [part, total]) totals.add(repository);
    }
    const weigh = async (data: readonly Digest[]) => sum(await cache.contents.sizes(data));
    const lines = [];
    for (const totals of [...parts.values(), total]) lines.push(await totals.line(weigh));
    const maxsize = config.proxy?.maxsize;
    if (flags.has("json")) {
      const json = lines.map(({ oldestUse, ...rest }) => {
        return { ...rest, oldestUse: isoTime(oldestUse) };
      });
      const { upstream: _, ...all } = json[json.length - 1] ?? { upstream: "" };
      const document = { upstreams: json.slice(0, -1), total: all, maxsize: maxsize ?? null };
      system.out(jsonText(document));
    } else {
      system.out(table([HEAD, ...lines.map(asRow)]));
      if (maxsize !== undefined) system.out(`limit (proxy.maxsize): ${sizeText(maxsize)}\n`);
    }
    return skipped.count > 0 ? EXIT.FAILURE : EXIT.OK;
  },
};

const HEAD = ["UPSTREAM", "REPOSITORIES", "IMAGES", "TAGS", "BLOBS", "SIZE", "OLDEST USE"];

type Line = Awaited<ReturnType<Totals["line"]>>;

function asRow({ upstream, repositories, images, tags, blobs, bytes, oldestUse }: Line): string[] {
  const counts = [repositories, images, tags, blobs].map(String);
  return [upstream, ...counts, sizeText(bytes), timeText(oldestUse)];
}

/** Of one upstream, or of all: data that several hold counts once in each. */
class Totals {
  readonly #holders: Holders;
  #repositories = 0;
  #images = 0;
  #tags = 0;
  #oldestUse = Infinity;

  constructor(private readonly upstream: string, kept: ReadonlySet<Digest>) {
    this.#holders = new Holders(kept);
  }

  add({ images, tags, shared }: CachedRepository): void {
    this.#repositories++;
    this.#images += images.filter(({ manifests }) => manifests.length > 0).length;
    this.#tags += tags.length;
    for (const { data, lastUse } of images) {
      this.#holders.hold(data);
      this.#oldestUse = Math.min(this.#oldestUse, lastUse);
    }
    this.#holders.hold(shared);
  }

  async line(weigh: (data: readonly Digest[]) => Promise<number>) {
    const { data } = this.#holders;
    return {
      upstream: this.upstream,
      repositories: this.#repositories,
      images: this.#images,
      tags: this.#tags,
      /** Manifests too: their bytes are data as others. */
      blobs: data.length,
      bytes: await weigh(data),
      oldestUse: this.#oldestUse === Infinity ? undefined : this.#oldestUse,
    };
  }
}

/** As clients call it; `-` when the configuration has none for the name any more. */
function upstreamOf(name: string, proxy: ProxyConfig | undefined): string {
  const found = (proxy === undefined ? [] : [...namedUpstreams(proxy)])
    .sort((a, b) => b.namespace.length - a.namespace.length)
    .find(({ namespace }) => namespace === "" || name.startsWith(`${namespace}/`));
  return found === undefined ? "-" : found.namespace || found.registry;
}
