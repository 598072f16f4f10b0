import type { SingleFlight } from "../async/single_flight.ts";
import type { Tag } from "../oci/reference.ts";
import type { Listing, Page, TagService } from "../registry/registry.ts";
import type { CacheParts } from "./cache_parts.ts";
import type { CachedPlace } from "./cached_place.ts";
import { refusalOf, warningOf } from "./refusals.ts";
import { orUndefined, unknownName } from "./unknown.ts";
import { UpstreamError } from "./upstream.ts";

export type TagFlights = SingleFlight<Listing<Tag> | undefined>;

/** The tags that upstream has; when it can't be asked, those that are here. */
export class CachedTags implements TagService {
  constructor(
    private readonly place: CachedPlace,
    private readonly parts: CacheParts,
    /** Shared by all repositories. */
    private readonly flights: TagFlights,
  ) {}

  async list(page: Page): Promise<Listing<Tag>> {
    const { name, remote, owner } = this.place;
    const key = JSON.stringify([name, page.limit, page.last]);
    try {
      const listing = await this.flights.run(key, () => owner.upstream.tags(remote, page));
      if (listing === undefined) throw unknownName(name);
      return listing;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const here = await orUndefined(this.place.local.tags.list(page));
      // No tags at all would be an answer about upstream that nobody has given.
      const isNothing = here?.entries.length === 0 && page.last === "" && page.limit !== 0;
      if (here === undefined || isNothing) throw refusalOf(error);
      this.parts.metrics.stale(error.upstream, error.kind);
      return { ...here, warning: warningOf(error) };
    }
  }
}
