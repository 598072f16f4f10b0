import { Glob } from "../../oci/glob.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import { UsageError } from "../flags.ts";

/** A glob over `repository`, `repository:tag` or `repository@digest`. */
export class ImagePattern {
  readonly #repository: Glob;
  readonly #tag: Glob | undefined;
  readonly #digest: Glob | undefined;

  /** @throws UsageError */
  constructor(readonly text: string) {
    const at = text.indexOf("@");
    const digest = at < 0 ? undefined : text.slice(at + 1);
    const name = at < 0 ? text : text.slice(0, at);
    const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
    const tag = colon < 0 ? undefined : name.slice(colon + 1);
    const repository = colon < 0 ? name : name.slice(0, colon);
    if (repository === "" || tag === "" || digest === "" || (tag && digest)) {
      throw new UsageError(
        `Found ${
          JSON.stringify(text)
        }, expected a pattern such as ghcr.io/org/**, docker.io/library/redis:7* or NAME@DIGEST`,
      );
    }
    this.#repository = new Glob(repository);
    this.#tag = tag === undefined ? undefined : new Glob(tag);
    this.#digest = digest === undefined ? undefined : new Glob(digest);
  }

  /** Whether anything of this repository may match. */
  concerns(repository: RepositoryName): boolean {
    return this.#repository.matches(repository);
  }

  /** Of a repository that it concerns. */
  takesDigest(digest: Digest): boolean {
    return this.#tag === undefined && (this.#digest?.matches(digest) ?? true);
  }

  /** Of a repository that it concerns. */
  takesTag(tag: Tag): boolean {
    return this.#tag?.matches(tag) ?? false;
  }
}
