import { type ClientRequest, type ClientSetup, refusePrefix } from "./client_file.ts";
import { type Endpoint, urlOf } from "./endpoint.ts";
import { DOCKER_HUB, type NamedUpstream } from "./named_upstream.ts";

/** Docker asks a mirror for images of Docker Hub only, and up to version 28 does not say whose they are. @throws Error with a sentence */
export function dockerSetup(request: ClientRequest): ClientSetup {
  const { endpoint, upstreams, ca, hasUsers } = request;
  refusePrefix(endpoint, "docker");
  const mirror = mirrorOf(endpoint, upstreams);
  const insecure = [endpoint, ...(mirror === undefined ? [] : [mirror.endpoint])]
    .filter(({ secure, isLoopback }) => !secure && !isLoopback).map(({ host }) => host);
  const daemon = {
    ...(mirror !== undefined && { "registry-mirrors": [urlOf(mirror.endpoint)] }),
    ...(insecure.length > 0 && { "insecure-registries": [...new Set(insecure)] }),
  };
  const hosts = new Set([endpoint.host, ...(mirror === undefined ? [] : [mirror.endpoint.host])]);
  return {
    notes: [
      ...aboutMirror(mirror?.upstream, upstreams),
      ...aboutOthers(endpoint, upstreams.filter((one) => one !== mirror?.upstream)),
      ...(hasUsers ? USERS : []),
    ],
    files: [
      ...(Object.keys(daemon).length === 0 ? [] : [{
        path: "/etc/docker/daemon.json",
        notes: [
          "Add these keys to what is there (JSON has no comments: leave these lines out); then: systemctl reload docker",
        ],
        text: `${JSON.stringify(daemon, undefined, 2)}\n`,
      }]),
      ...(ca === undefined ? [] : [...hosts].map((host) => ({
        path: `/etc/docker/certs.d/${host}/ca.crt`,
        text: ca,
      }))),
    ],
  };
}

/** What an image without a registry's name is found by at the root, or by one of the upstream's own host names. */
function mirrorOf(
  endpoint: Endpoint,
  upstreams: readonly NamedUpstream[],
): { readonly upstream: NamedUpstream; readonly endpoint: Endpoint } | undefined {
  const bare = hostnameOf(endpoint.host);
  const byHost = upstreams.find(({ hosts }) => hosts.includes(bare));
  const reached = byHost ?? upstreams.find(({ namespace }) => namespace === "");
  if (reached?.isDockerHub) return { upstream: reached, endpoint };
  const hub = upstreams.find(({ isDockerHub }) => isDockerHub);
  const [name] = hub?.hosts ?? [];
  if (hub !== undefined && name !== undefined) {
    const host = name + endpoint.host.slice(bare.length);
    return { upstream: hub, endpoint: { ...endpoint, host, isLoopback: name === "localhost" } };
  }
  if (hub !== undefined) {
    throw new Error(
      `Cannot configure docker: it asks a mirror without saying that it means ${DOCKER_HUB}. Make Docker Hub ` +
        `proxy.remoteurl, or give its entry of proxy.upstreams a host name: hosts: [${bare}]`,
    );
  }
  // the root's images may be meant as those of Docker Hub, those of a host name of its own are not
  return byHost !== undefined || reached === undefined
    ? undefined
    : { upstream: reached, endpoint };
}

function aboutMirror(
  mirror: NamedUpstream | undefined,
  upstreams: readonly NamedUpstream[],
): string[] {
  if (mirror === undefined) {
    const names = upstreams.map(({ registry }) => registry).join(", ");
    return [`docker can have a mirror of Docker Hub only, and this caches ${names}.`];
  }
  return [
    "docker uses a mirror for images of Docker Hub only: docker pull redis.",
    ...(mirror.isDockerHub ? [] : [`Only right if ${mirror.remoteurl} is a mirror of Docker Hub.`]),
  ];
}

function aboutOthers({ host }: Endpoint, others: readonly NamedUpstream[]): string[] {
  if (others.length === 0) return [];
  return [
    "Images of the others are pulled by their names here:",
    ...others.map(({ registry, namespace }) =>
      `  ${registry}/org/app: docker pull ${[host, namespace].filter(Boolean).join("/")}/org/app`
    ),
  ];
}

const USERS = [
  "The registry has users: docker shows a mirror the login of Docker Hub only, so ~/.docker/config.json needs",
  "the same auth for https://index.docker.io/v1/, or the registry a rule by which anonymous may pull.",
];

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}
