import { EXIT } from "../exit_code.ts";
import { UsageError } from "../flags.ts";
import { sum } from "./cache_lines.ts";
import { cachedRepositories } from "./cached_repository.ts";
import { Holders } from "./holders.ts";
import type { OpenCache } from "./open_cache.ts";
import { ImagePattern } from "./pattern.ts";
import { selectFrom, type Selection } from "./selection.ts";
import { jsonText, sizeText } from "./table.ts";
import type { CacheTask } from "./task.ts";
import { unreadable } from "./unreadable.ts";

/** Images that go in one round of the collector. */
const AT_ONCE = 64;

export const RM: CacheTask = {
  name: "rm",
  texts: [],
  switches: ["dry-run"],

  check({ positional }) {
    if (positional.length === 0) {
      throw new UsageError("Expected at least one pattern, such as docker.io/library/redis:7*");
    }
    for (const text of positional) new ImagePattern(text);
  },

  async run(flags, config, system) {
    if (config.storage.maintenance.readonly.enabled && !flags.has("dry-run")) {
      throw new Error("Cannot forget anything: storage.maintenance.readonly is enabled");
    }
    const { openCache } = await import("./open_cache.ts"); // the other commands start without it
    await using cache = openCache(config);
    const patterns = flags.positional.map((text) => new ImagePattern(text));
    const skipped = unreadable(system);
    const isDry = flags.has("dry-run");
    const { selected, holders } = await select(cache, patterns, isDry, skipped.tell);
    for (const pattern of patterns) {
      if (selected.some(({ patterns }) => patterns.has(pattern))) continue;
      system.err(`Nothing in the cache matches ${pattern.text}\n`);
      skipped.count++;
    }
    const bytes = isDry ? await bytesOf(cache, holders, selected) : await forget(cache, selected);
    const removed = selected.flatMap(({ names }) => names);
    const images = sum(selected.map(({ images }) => images.length));
    if (flags.has("json")) system.out(jsonText({ dryRun: isDry, removed, images, bytes }));
    else {
      for (const name of removed) system.out(`${isDry ? "would forget" : "forgot"} ${name}\n`);
      const count = images === 1 ? "1 image" : `${images} images`;
      system.out(`${count}, ${sizeText(bytes)} ${isDry ? "would become" : "became"} free\n`);
    }
    return skipped.count > 0 ? EXIT.FAILURE : EXIT.OK;
  },
};

async function select(
  cache: OpenCache,
  patterns: readonly ImagePattern[],
  isDry: boolean,
  onUnreadable: Parameters<typeof cachedRepositories>[1],
) {
  const holders = new Holders(
    isDry ? await cache.contents.kept(new AbortController().signal) : new Set(),
  );
  const selected: Selection[] = [];
  // what becomes free can be told by looking at everybody only
  const matters = (name: Parameters<ImagePattern["concerns"]>[0]) =>
    isDry || patterns.some((pattern) => pattern.concerns(name));
  for await (const repository of cachedRepositories(cache, onUnreadable, matters)) {
    for (const { data } of repository.images) holders.hold(data);
    holders.hold(repository.shared);
    const selection = selectFrom(repository, patterns);
    if (selection.names.length > 0) selected.push(selection);
  }
  return { selected, holders };
}

async function bytesOf(
  { contents }: OpenCache,
  holders: Holders,
  selected: readonly Selection[],
): Promise<number> {
  return sum(await contents.sizes(holders.without(selected.flatMap(({ images }) => images))));
}

/** @returns the bytes that became free */
async function forget(
  { registry, contents }: OpenCache,
  selected: readonly Selection[],
): Promise<number> {
  for (const { repository, tags } of selected) {
    for (const tag of tags) await registry.cache.forgetTag(repository, tag);
  }
  // it goes whether or not somebody used it a moment ago
  const images = selected.flatMap(({ images }) => images)
    .map((image) => ({ ...image, lastUse: Infinity }));
  let freed = 0;
  for (let i = 0; i < images.length; i += AT_ONCE) {
    const batch = images.slice(i, i + AT_ONCE);
    freed += (await contents.forget(batch, new AbortController().signal)).bytes;
  }
  return freed;
}
