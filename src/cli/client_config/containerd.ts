import type { ClientFile, ClientRequest, ClientSetup } from "./client_file.ts";
import { type Endpoint, urlOf } from "./endpoint.ts";
import type { NamedUpstream } from "./named_upstream.ts";

const FOLDER = "/etc/containerd/certs.d";
const CA = "/etc/containerd/berth-ca.crt";

/** One hosts.toml per upstream; containerd says by `?ns=` which one it means (containerd docs/hosts.md). @throws Error with a sentence */
export function containerdSetup(request: ClientRequest): ClientSetup {
  const { endpoint, upstreams, ca, hasUsers } = request;
  const usable = upstreams.filter(({ byNs }) => byNs);
  const others = upstreams.filter(({ byNs }) => !byNs);
  if (usable.length === 0) {
    throw new Error(`Cannot configure containerd. ${others.map(whyNot).join(" ")}`);
  }
  return {
    notes: [
      `containerd reads these when it is told of ${FOLDER}, at the next pull; ctr when it is called with --hosts-dir ${FOLDER}.`,
      ...others.map(whyNot),
      ...(hasUsers ? USERS : []),
    ],
    files: [
      ...usable.map((upstream) => hostsFile(endpoint, upstream, ca !== undefined)),
      ...(ca === undefined ? [] : [{ path: CA, text: ca }]),
    ],
  };
}

/** It asks by the name of the registry, which has to be the namespace then. */
function whyNot({ registry, namespace }: NamedUpstream): string {
  return registry.includes(":")
    ? `Not for ${registry}: containerd asks by this name, and only proxy.remoteurl can have one with a port.`
    : `Not for ${registry}: containerd asks by this name, so rename the namespace ${namespace} to ${registry}.`;
}

function hostsFile(endpoint: Endpoint, upstream: NamedUpstream, hasCa: boolean): ClientFile {
  const { registry, remoteurl } = upstream;
  const { prefix } = endpoint;
  const url = prefix === "" ? urlOf(endpoint) : `${urlOf(endpoint)}${prefix}/v2`;
  return {
    path: `${FOLDER}/${registry}/hosts.toml`,
    text: [
      `server = ${JSON.stringify(remoteurl)}`,
      "",
      `[host.${JSON.stringify(url)}]`,
      '  capabilities = ["pull", "resolve"]',
      ...(prefix === "" ? [] : ["  override_path = true"]),
      ...(hasCa ? [`  ca = ${JSON.stringify(CA)}`] : []),
      "",
    ].join("\n"),
  };
}

const USERS = [
  "The registry has users: add below each [host] a section with the user and password of the nodes in base64,",
  '  [host."...".header] authorization = "Basic ...", or give the registry a rule by which anonymous may pull.',
];
