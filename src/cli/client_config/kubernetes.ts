import type { ClientRequest, ClientSetup } from "./client_file.ts";
import { containerdSetup } from "./containerd.ts";
import { podmanSetup } from "./podman.ts";

const CONTAINERD = "Nodes with containerd:";
const CRI_O = "Nodes with CRI-O instead:";

/** What goes on each node: pods keep the names of their images, and pull through the cache. @throws Error with a sentence */
export function kubernetesSetup(request: ClientRequest): ClientSetup {
  const containerd = containerdSetup(request);
  const { files: [hosts, ...rest] } = containerd;
  const crio = request.endpoint.prefix === "" ? podmanSetup(request) : undefined;
  const [registries, ...others] = crio?.files ?? [];
  return {
    notes: [
      "The container runtime of every node pulls: put these files on each. Pods and their images' names stay as they are.",
      ...containerd.notes.slice(1),
      ...(crio === undefined
        ? [`Not for CRI-O: it knows no registry below a path (http.prefix).`]
        : []),
    ],
    files: [
      {
        path: "/etc/containerd/config.toml",
        notes: [
          CONTAINERD,
          "add the section of its version, unless config_path is there; then: systemctl restart containerd",
        ],
        text: CONFIG_PATH,
      },
      ...(hosts === undefined ? [] : [hosts, ...rest]),
      ...(registries === undefined ? [] : [{
        ...registries,
        notes: [CRI_O, "then: systemctl reload crio"],
      }, ...others]),
    ],
  };
}

const CONFIG_PATH = `# containerd 2:
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "/etc/containerd/certs.d"
# containerd 1:
# [plugins."io.containerd.grpc.v1.cri".registry]
#   config_path = "/etc/containerd/certs.d"
`;
