import { type ClientRequest, type ClientSetup, refusePrefix } from "./client_file.ts";
import type { Endpoint } from "./endpoint.ts";
import type { NamedUpstream } from "./named_upstream.ts";

/** For everything that containers/image is in: podman, buildah, skopeo, CRI-O (containers-registries.conf.d(5)). @throws Error with a sentence */
export function podmanSetup({ endpoint, upstreams, ca, hasUsers }: ClientRequest): ClientSetup {
  refusePrefix(endpoint, "podman");
  return {
    notes: [
      "podman, buildah and skopeo read these at once; CRI-O after: systemctl reload crio.",
      ...(hasUsers
        ? [
          `The registry has users: podman login ${endpoint.host}, or give it a rule by which anonymous may pull.`,
        ]
        : []),
    ],
    files: [
      {
        path: "/etc/containers/registries.conf.d/berth.conf",
        text: upstreams.map((upstream) => section(endpoint, upstream)).join("\n"),
      },
      ...(ca === undefined
        ? []
        : [{ path: `/etc/containers/certs.d/${endpoint.host}/ca.crt`, text: ca }]),
    ],
  };
}

function section(
  { host, secure }: Endpoint,
  { registry, namespace, remoteurl }: NamedUpstream,
): string {
  const location = originOf(registry, remoteurl);
  return [
    "[[registry]]",
    `prefix = ${JSON.stringify(registry)}`,
    `location = ${JSON.stringify(location)}`,
    ...(remoteurl.startsWith("http:") ? ["insecure = true"] : []),
    "",
    "[[registry.mirror]]",
    `location = ${JSON.stringify(namespace === "" ? host : `${host}/${namespace}`)}`,
    ...(secure ? [] : ["insecure = true"]),
    "",
  ].join("\n");
}

/** Where it goes when the cache does not answer. Docker Hub is known to it by the name that images have. */
function originOf(registry: string, remoteurl: string): string {
  const host = URL.parse(remoteurl)?.host ?? registry;
  return host.endsWith(`.${registry}`) ? registry : host;
}
