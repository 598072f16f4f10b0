import type { ProxyConfig, UpstreamConfig } from "../../config/config.ts";

/** An upstream as clients see it. */
export interface NamedUpstream {
  /** The registry in names of images: `docker.io`, `ghcr.io`. */
  readonly registry: string;
  /** First components of its images here, "" for the root. */
  readonly namespace: string;
  readonly remoteurl: string;
  /** Whether containerd's `?ns=` finds it by the registry's name. */
  readonly byNs: boolean;
  readonly isDockerHub: boolean;
  /** Host names under which its images have no namespace. */
  readonly hosts: readonly string[];
}

/** In the order of the configuration. */
export function namedUpstreams({ upstreams }: ProxyConfig): readonly NamedUpstream[] {
  return upstreams.map((one) => named(one, upstreams));
}

export const DOCKER_HUB = "docker.io";

function named(
  { namespace, remoteurl, library, hosts }: UpstreamConfig,
  all: readonly UpstreamConfig[],
): NamedUpstream {
  const others = all.map((other) => other.namespace);
  const isRoot = namespace === "";
  const registry = isRoot && library && !others.includes(DOCKER_HUB)
    ? DOCKER_HUB
    : isRegistryName(namespace)
    ? namespace
    : URL.parse(remoteurl)?.host ?? "";
  return {
    registry,
    namespace,
    remoteurl,
    byNs: isRoot ? !others.includes(registry) : isRegistryName(namespace),
    isDockerHub: registry === DOCKER_HUB || library,
    hosts,
  };
}

/** Whether clients take it for a registry, at the beginning of an image's name. */
function isRegistryName(namespace: string): boolean {
  return namespace.includes(".") && !namespace.includes("/");
}
