import { EXIT } from "../exit_code.ts";
import { UsageError } from "../flags.ts";
import { linesOf } from "./cache_lines.ts";
import type { CacheLine } from "./cache_lines.ts";
import { cachedRepositories } from "./cached_repository.ts";
import { isoTime, jsonText, sizeText, table, timeText } from "./table.ts";
import type { CacheTask } from "./task.ts";
import { unreadable } from "./unreadable.ts";

export const LS: CacheTask = {
  name: "ls",
  texts: [],
  switches: [],

  check({ positional }) {
    if (positional.length > 0) throw new UsageError(`Expected nothing, found ${positional[0]}`);
  },

  async run(flags, config, system) {
    const { openCache } = await import("./open_cache.ts"); // the other commands start without it
    await using cache = openCache(config);
    const lines: CacheLine[] = [];
    const skipped = unreadable(system);
    for await (const repository of cachedRepositories(cache, skipped.tell)) {
      lines.push(...await linesOf(cache, repository));
    }
    if (flags.has("json")) system.out(jsonText({ images: lines.map(asJson) }));
    else if (lines.length > 0) system.out(table([HEAD, ...lines.map(asRow)]));
    else system.err(`Nothing is cached in ${cache.root}\n`);
    return skipped.count > 0 ? EXIT.FAILURE : EXIT.OK;
  },
};

const HEAD = ["REPOSITORY", "TAG", "DIGEST", "SIZE", "LAST USE", "CHECKED"];
/** Of a digest, enough to find it by. */
const SHOWN = "sha256:".length + 12;

function asRow({ repository, tag, digest, isBlob, bytes, lastUse, checked }: CacheLine): string[] {
  return [
    repository,
    tag ?? (isBlob ? "(blob)" : "-"),
    digest.slice(0, SHOWN),
    sizeText(bytes),
    timeText(lastUse),
    timeText(checked),
  ];
}

function asJson({ repository, tag, digest, isBlob, bytes, lastUse, checked }: CacheLine) {
  return {
    repository,
    tag: tag ?? null,
    digest,
    kind: isBlob ? "blob" : "image",
    bytes,
    lastUse: isoTime(lastUse),
    checked: isoTime(checked),
  };
}
