import { asDigest, type Digest, type DigestAlgorithm } from "../oci/digest.ts";
import type { Links } from "./links.ts";
import { present } from "./trash.ts";

const OTHER_ALGORITHMS: readonly DigestAlgorithm[] = ["sha384", "sha512"];

/**
 * All names under which a repository knows this content: the canonical digest, and the links of other algorithms that lead to it.
 * @param folder the folder of a kind of links, by algorithm
 */
export async function namesOf(
  canonical: Digest,
  folder: (algorithm: DigestAlgorithm) => string,
  links: Links,
): Promise<Digest[]> {
  const names = [canonical];
  for (const algorithm of OTHER_ALGORITHMS) {
    const path = folder(algorithm);
    for (const hex of await present(() => links.driver.list(path)) ?? []) {
      const name = asDigest(`${algorithm}:${hex}`);
      if (name && await links.find(`${path}/${hex}/link`) === canonical) names.push(name);
    }
  }
  return names;
}
