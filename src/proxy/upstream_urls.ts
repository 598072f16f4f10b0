import type { Digest } from "../oci/digest.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";

/** The addresses below a configured URL, which may have a path. Everything that goes into them has passed its grammar. */
export class UpstreamUrls {
  readonly #base: string;

  constructor(readonly base: URL) {
    this.#base = `${base.origin}${base.pathname.replace(/\/+$/, "")}/v2/`;
  }

  get ping(): URL {
    return new URL(this.#base);
  }

  manifest(repository: RepositoryName, reference: Reference): URL {
    const last = reference.kind === "tag" ? reference.tag : reference.digest;
    return new URL(`${this.#base}${repository}/manifests/${last}`);
  }

  blob(repository: RepositoryName, digest: Digest): URL {
    return new URL(`${this.#base}${repository}/blobs/${digest}`);
  }

  tags(repository: RepositoryName, count: number, last: string): URL {
    const url = new URL(`${this.#base}${repository}/tags/list`);
    url.searchParams.set("n", String(count));
    if (last !== "") url.searchParams.set("last", last);
    return url;
  }

  referrers(repository: RepositoryName, subject: Digest, artifactType: string | undefined): URL {
    const url = new URL(`${this.#base}${repository}/referrers/${subject}`);
    if (artifactType !== undefined) url.searchParams.set("artifactType", artifactType);
    return url;
  }
}

/** @throws Error with one sentence, without the URL, which may hold a password */
export function parseUpstreamUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  const problem = url === null || !/^https?:$/.test(url.protocol)
    ? "it is no http or https URL"
    : url.username !== "" || url.password !== ""
    ? "it holds credentials, which belong into username and password"
    : url.search !== "" || url.hash !== ""
    ? "it has a query or a fragment"
    : undefined;
  if (url !== null && problem === undefined) return url;
  throw new Error(`Cannot use the URL of the upstream ${name}: ${problem}`);
}
