import type { ProxyConfig } from "../../config/config.ts";
import { asDigest } from "../../oci/digest.ts";
import { asRepositoryName, asTag } from "../../oci/reference.ts";
import { DOCKER_HUB, namedUpstreams } from "../client_config/named_upstream.ts";
import { UsageError } from "../flags.ts";

/** An image as the command line names it. */
export interface ImageName {
  readonly text: string;
  /** `ghcr.io`; undefined: the name begins with none. */
  readonly registry: string | undefined;
  readonly name: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** `redis`, `ghcr.io/org/app:1.2`, `docker.io/library/redis@sha256:…`. @throws UsageError */
export function parseImageName(text: string): ImageName {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const path = colon < 0 ? named : named.slice(0, colon);
  const [first = "", ...rest] = path.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const name = hasRegistry ? rest.join("/") : path;
  const isValid = asRepositoryName(name) !== undefined &&
    (tag === undefined || asTag(tag) !== undefined) &&
    (digest === undefined || asDigest(digest) !== undefined) &&
    (!hasRegistry || /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?$/.test(first));
  if (!isValid) {
    throw new UsageError(
      `Found ${JSON.stringify(text)}, expected an image such as docker.io/library/redis:7`,
    );
  }
  const registry = hasRegistry ? first : undefined;
  return { text, registry, name, reference: digest ?? tag ?? "latest" };
}

/** How the server is asked for it: the name in the path, and the query. */
export function requestOf(
  { registry, name }: ImageName,
  proxy: ProxyConfig,
): { readonly name: string; readonly query: string } {
  const full = registry === undefined ? name : `${registry}/${name}`;
  const upstreams = namedUpstreams(proxy);
  const isBelow = ({ namespace }: { namespace: string }) =>
    namespace !== "" && full.startsWith(`${namespace}/`);
  if (upstreams.some(isBelow)) return { name: full, query: "" };
  const hasHub = upstreams.some(({ registry, byNs }) => byNs && registry === DOCKER_HUB);
  const ns = registry ?? (hasHub ? DOCKER_HUB : undefined);
  return { name, query: ns === undefined ? "" : `?ns=${encodeURIComponent(ns)}` };
}
