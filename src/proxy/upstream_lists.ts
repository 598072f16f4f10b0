import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import { OCI_INDEX } from "../oci/media_type.ts";
import { asTag, type RepositoryName, type Tag } from "../oci/reference.ts";
import type { Listing, Page } from "../registry/registry.ts";
import { descriptorsOf } from "./descriptors.ts";
import { type JsonObject, parseObject } from "./json_document.ts";
import { nextLink } from "./link_header.ts";
import type { Questions } from "./questions.ts";
import type { Limits } from "./upstream.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import type { Question } from "./upstream_metrics.ts";
import type { UpstreamManifests } from "./upstream_manifests.ts";
import type { UpstreamUrls } from "./upstream_urls.ts";
import { readDecoded } from "./decoded_body.ts";

/** Tags that are asked for at a time when all are wanted; most registries give fewer. */
const PAGE = 1_000;
/** Statuses by which a registry without the referrers API answers, beside 404. */
const NO_REFERRERS = [400, 405, 501];

interface Fetched {
  readonly document: JsonObject;
  /** Where the list goes on. */
  readonly next: URL | undefined;
}

/** The lists of one upstream. */
export class UpstreamLists {
  constructor(
    private readonly questions: Questions,
    private readonly urls: UpstreamUrls,
    private readonly manifests: UpstreamManifests,
    private readonly limits: UpstreamLimits,
  ) {}

  /** A page in upstream's order, which need not be ours, when it pages by itself; a whole list in the order of bytes. */
  tags(
    repository: RepositoryName,
    page: Page,
    limits?: Limits,
  ): Promise<Listing<Tag> | undefined> {
    return this.questions.within(this.limits.list, limits?.signal, async (signal) => {
      const wanted = page.limit ?? Infinity;
      const count = Math.max(1, Math.min(PAGE, wanted));
      const found = new Set<Tag>();
      let url: URL | undefined = this.urls.tags(repository, count, page.last);
      for (let pages = 0; url !== undefined && found.size <= wanted; pages++) {
        this.#bound(pages, found.size, repository, "tags");
        const fetched: Fetched | undefined = await this.#page("tags", repository, url, signal);
        if (fetched === undefined) {
          if (pages === 0) return undefined;
          break;
        }
        for (const tag of tagsOf(fetched.document)) found.add(tag);
        url = fetched.next;
        if (found.size >= wanted) break;
      }
      return cut([...found], page, url !== undefined);
    });
  }

  referrers(
    repository: RepositoryName,
    subject: Digest,
    artifactType: string | undefined,
    limits?: Limits,
  ): Promise<readonly Descriptor[]> {
    return this.questions.within(this.limits.list, limits?.signal, async (signal) => {
      const found = await this.#byApi(repository, subject, artifactType, signal) ??
        await this.#byTag(repository, subject, signal);
      // upstream need not filter, and a fallback tag cannot
      return found.filter((each) =>
        artifactType === undefined || each.artifactType === artifactType
      );
    });
  }

  /** Undefined: it has no such API. */
  async #byApi(
    repository: RepositoryName,
    subject: Digest,
    artifactType: string | undefined,
    signal: AbortSignal,
  ): Promise<Descriptor[] | undefined> {
    const found = new Map<Digest, Descriptor>();
    let url: URL | undefined = this.urls.referrers(repository, subject, artifactType);
    for (let pages = 0; url !== undefined; pages++) {
      this.#bound(pages, found.size, repository, "referrers");
      const fetched: Fetched | undefined = await this.#page("referrers", repository, url, signal);
      // a page for people under every address is no such API either
      if (!Array.isArray(fetched?.document.manifests)) {
        if (pages === 0) return undefined;
        break;
      }
      for (const each of descriptorsOf(fetched.document)) found.set(each.digest, each);
      url = fetched.next;
    }
    return [...found.values()];
  }

  /** OCI distribution-spec, "Referrers Tag Schema". */
  async #byTag(
    repository: RepositoryName,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<Descriptor[]> {
    const tag = asTag(`${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`);
    if (tag === undefined) return [];
    const index = await this.manifests.manifest(repository, { kind: "tag", tag }, { signal });
    return index === undefined ? [] : descriptorsOf(parseObject(index.bytes) ?? {});
  }

  /** Undefined: 404, or no such API. */
  async #page(
    question: Question & ("tags" | "referrers"),
    repository: RepositoryName,
    url: URL,
    outer: AbortSignal,
  ): Promise<Fetched | undefined> {
    const accept = question === "tags" ? "application/json" : OCI_INDEX;
    const ask = (signal: AbortSignal) =>
      this.questions.small(
        { question, method: "GET", repository, url, headers: { accept }, signal },
        async (answer) => {
          const { status, host, headers } = answer;
          if (status === 404) return undefined;
          if (question === "referrers" && NO_REFERRERS.includes(status)) return undefined;
          if (status !== 200) {
            const reason = `${host} answered ${status} to a request for ${question}`;
            throw this.questions.error("failing", reason, { status });
          }
          const bytes = await readDecoded(answer, this.limits.page);
          const document = bytes && parseObject(bytes);
          if (document === undefined) {
            if (question === "referrers" && bytes !== undefined) return undefined;
            const reason =
              `${host} sent a list of ${question} that is no JSON object, or longer than ` +
              `${this.limits.page} bytes`;
            throw this.questions.error("lying", reason);
          }
          return { document, next: this.#next(headers.get("link"), url) };
        },
      );
    return await this.questions.within(this.limits.answer, outer, ask);
  }

  /** Only the same origin: a list has no business elsewhere. */
  #next(link: string | null, from: URL): URL | undefined {
    const target = nextLink(link);
    const url = target === undefined ? null : URL.parse(target, from.href);
    if (url === null || url.href === from.href) return undefined;
    if (url.origin === from.origin && url.username === "" && url.password === "") return url;
    throw this.questions.error(
      "lying",
      `${from.host} has the next page of a list at another origin`,
    );
  }

  #bound(pages: number, entries: number, repository: RepositoryName, what: string): void {
    if (pages < this.limits.pages && entries <= this.limits.entries) return;
    const reason = `it has more than ${this.limits.pages} pages of ${what} for ${repository}, or ` +
      `more than ${this.limits.entries} of them`;
    throw this.questions.error("lying", reason);
  }
}

function tagsOf(document: JsonObject): Tag[] {
  const { tags } = document;
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((each) => typeof each === "string" ? asTag(each) ?? [] : []);
}

/**
 * One page of what came. An upstream that knows nothing of pages (registry:2 is one) sends everything each time, in any order; one that
 * does has an order of its own, by bytes or regardless of case.
 */
function cut(found: Tag[], { limit = Infinity, last }: Page, more: boolean): Listing<Tag> {
  const isBefore = (tag: Tag) => tag <= last && tag.toLowerCase() <= last.toLowerCase();
  const isAll = found.length > limit || (!more && (last === "" || found.some(isBefore)));
  if (!isAll) return { entries: found, more };
  const sorted = found.filter((tag) => tag > last).sort((a, b) => a < b ? -1 : 1);
  return { entries: sorted.slice(0, limit), more: more || sorted.length > limit };
}
