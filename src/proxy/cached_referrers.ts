import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import type { ReferrerIndex, ReferrerPage, ReferrerQuery } from "../registry/registry.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedPlace } from "./cached_place.ts";
import { refusalOf, warningOf } from "./refusals.ts";
import { UpstreamError } from "./upstream.ts";

/** A page ends as one of the local registry does, after so many descriptors, … */
const PAGE_ENTRIES = 1000;
/** … or so many characters of them: clients take an index of 4 MiB at most. */
const PAGE_LENGTH = 3 * 1024 * 1024;

/** What upstream knows of a subject, and what is known here. */
export class CachedReferrers implements ReferrerIndex {
  constructor(
    private readonly place: CachedPlace,
    private readonly parts: CacheParts,
  ) {}

  async list(
    subject: Digest,
    { artifactType, last = "" }: ReferrerQuery = {},
  ): Promise<ReferrerPage> {
    const { owner, remote } = this.place;
    const here = await this.#local(subject, artifactType);
    let there: readonly Descriptor[] = [];
    let failure: UpstreamError | undefined;
    try {
      there = await owner.upstream.referrers(remote, subject, artifactType);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      // "None" would mean "not signed", which nobody has said.
      if (here.length === 0) throw refusalOf(error);
      failure = error;
    }
    const wanted = there.filter((entry) =>
      artifactType === undefined || entry.artifactType === artifactType
    );
    const page = pageOf([...wanted, ...here], last);
    if (failure === undefined) return page;
    this.parts.metrics.stale(failure.upstream, failure.kind);
    return { ...page, warning: warningOf(failure) };
  }

  async #local(subject: Digest, artifactType: string | undefined): Promise<Descriptor[]> {
    const { referrers } = this.place.local;
    const found: Descriptor[] = [];
    for (let last: string | undefined = ""; last !== undefined;) {
      const page: ReferrerPage = await referrers.list(subject, { artifactType, last });
      found.push(...page.entries);
      last = page.next;
    }
    return found;
  }
}

/** Each digest once, in the order of the local registry's pages. */
function pageOf(all: readonly Descriptor[], last: string): ReferrerPage {
  const byName = new Map<string, Descriptor>();
  for (const entry of all) {
    const name = nameOf(entry.digest);
    if (name > last && !byName.has(name)) byName.set(name, entry);
  }
  const entries: Descriptor[] = [];
  let length = 0;
  for (const [, entry] of [...byName].sort(([a], [b]) => a < b ? -1 : 1)) {
    length += JSON.stringify(entry).length;
    const before = entries.at(-1);
    if (before !== undefined && (entries.length >= PAGE_ENTRIES || length > PAGE_LENGTH)) {
      return { entries, next: nameOf(before.digest) };
    }
    entries.push(entry);
  }
  return { entries };
}

function nameOf(digest: Digest): string {
  return `${algorithmOf(digest)}-${hexOf(digest)}`;
}
