import type { Clock } from "../async/clock.ts";
import {
  DOCKER_IMAGE,
  DOCKER_LIST,
  OCI_ARTIFACT,
  OCI_IMAGE,
  OCI_INDEX,
} from "../oci/media_type.ts";
import type { Reference, RepositoryName, Tag } from "../oci/reference.ts";
import { readDecoded } from "./decoded_body.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { announcedDigest, checkManifest } from "./manifest_check.ts";
import type { Questions } from "./questions.ts";
import type { FetchedManifest, Limits, Resolved } from "./upstream.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";
import type { UpstreamUrls } from "./upstream_urls.ts";

/** Always the same, whatever the client takes: by what it is sent, an upstream chooses what a tag is (pull_through.md 5). */
export const ACCEPT = [OCI_INDEX, OCI_IMAGE, DOCKER_LIST, DOCKER_IMAGE, OCI_ARTIFACT, "*/*"]
  .join(", ");

/** Statuses by which registries say that they have no HEAD. */
const NO_HEAD = [400, 405, 501];
/** Milliseconds after which HEAD is tried again where it was of no use. */
const NO_HEAD_FOR = 3_600_000;

type Head =
  | { readonly kind: "resolved"; readonly resolved: Resolved }
  | { readonly kind: "unknown" }
  | { readonly kind: "useless" };

/** The manifests and tags of one upstream. */
export class UpstreamManifests {
  #noHeadUntil = -Infinity;

  constructor(
    private readonly questions: Questions,
    private readonly urls: UpstreamUrls,
    private readonly limits: UpstreamLimits,
    private readonly clock: Clock,
  ) {}

  resolve(repository: RepositoryName, tag: Tag, limits?: Limits): Promise<Resolved | undefined> {
    return this.questions.within(this.limits.answer, limits?.signal, async (signal) => {
      const now = this.clock.now();
      const tryHead = now >= this.#noHeadUntil || now < this.#noHeadUntil - NO_HEAD_FOR;
      const head = tryHead
        ? await this.#head(repository, tag, signal)
        : { kind: "useless" as const };
      if (head.kind === "unknown") return undefined;
      if (head.kind === "resolved") return head.resolved;
      const manifest = await this.#get(repository, { kind: "tag", tag }, signal);
      // only now: a tag that cannot be had says nothing of HEAD
      if (tryHead && manifest !== undefined) this.#noHeadUntil = now + NO_HEAD_FOR;
      return manifest && { digest: manifest.digest, manifest };
    });
  }

  manifest(
    repository: RepositoryName,
    reference: Reference,
    limits?: Limits,
  ): Promise<FetchedManifest | undefined> {
    return this.questions.within(
      this.limits.answer,
      limits?.signal,
      (signal) => this.#get(repository, reference, signal),
    );
  }

  #head(repository: RepositoryName, tag: Tag, signal: AbortSignal): Promise<Head> {
    const asked = {
      question: "manifest",
      method: "HEAD",
      repository,
      url: this.urls.manifest(repository, { kind: "tag", tag }),
      headers: { accept: ACCEPT },
      signal,
    } as const;
    return this.questions.small<Head>(asked, (answer) => {
      const { status, host, headers } = answer;
      if (status === 404) return Promise.resolve({ kind: "unknown" });
      if (NO_HEAD.includes(status)) return Promise.resolve({ kind: "useless" });
      if (status !== 200) throw this.#unexpected(answer);
      const digest = announcedDigest(headers.get("docker-content-digest"));
      if (digest === false) {
        throw this.questions.error(
          "lying",
          `${host} named no digest in Docker-Content-Digest for ${repository}:${tag}`,
        );
      }
      return Promise.resolve(
        digest === undefined ? { kind: "useless" } : { kind: "resolved", resolved: { digest } },
      );
    });
  }

  #get(
    repository: RepositoryName,
    reference: Reference,
    signal: AbortSignal,
  ): Promise<FetchedManifest | undefined> {
    const asked = {
      question: "manifest",
      method: "GET",
      repository,
      url: this.urls.manifest(repository, reference),
      headers: { accept: ACCEPT },
      signal,
    } as const;
    return this.questions.small(asked, async (answer) => {
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw this.#unexpected(answer);
      const bytes = await readDecoded(answer, this.limits.manifest);
      const checked = bytes === undefined
        ? `a manifest that is longer than ${this.limits.manifest} bytes, or not encoded as it says`
        : await checkManifest(reference, answer.headers, bytes);
      if (typeof checked === "object") return checked;
      const what = reference.kind === "tag" ? `:${reference.tag}` : `@${reference.digest}`;
      throw this.questions.error(
        "lying",
        `${answer.host} sent ${checked}, for ${repository}${what}`,
      );
    });
  }

  #unexpected({ status, host }: HttpAnswer) {
    return this.questions.error(
      "failing",
      `${host} answered ${status}, which is no answer to a request for a manifest`,
      { status },
    );
  }
}
