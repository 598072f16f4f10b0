import type { Digest } from "../oci/digest.ts";
import type { RepositoryName } from "../oci/reference.ts";
import type { LinkItem } from "./item.ts";

/** What a round may take. */
export interface Scope {
  /** Data to look at; undefined: all there is. */
  readonly data: ReadonlySet<Digest> | undefined;
  /** Whether the manifests of this repository have to be read. */
  includes(repository: RepositoryName): boolean;
  /** Whether it matters who needs this name. */
  concerns(digest: Digest): boolean;
  mayTake(link: LinkItem): boolean;
}

/** The whole tree. */
export const EVERYTHING: Scope = {
  data: undefined,
  includes: () => true,
  concerns: () => true,
  mayTake: () => true,
};

/** Something that a repository may no longer need. */
export interface Named {
  readonly repository: RepositoryName;
  /** The repository's name of a blob or manifest. */
  readonly digest: Digest;
  /** Under which the data lies. */
  readonly canonical: Digest;
}

/** Only what these name: after an eviction, what its manifests named. */
export function only(named: Iterable<Named>): Scope {
  const byRepository = new Map<RepositoryName, Set<Digest>>();
  const data = new Set<Digest>();
  for (const { repository, digest, canonical } of named) {
    const names = byRepository.get(repository) ?? new Set();
    byRepository.set(repository, names.add(digest).add(canonical));
    data.add(canonical);
  }
  return {
    data,
    includes: (repository) => byRepository.has(repository),
    concerns: (digest) => data.has(digest),
    mayTake: ({ repository, canonical }) => byRepository.get(repository)?.has(canonical) ?? false,
  };
}
