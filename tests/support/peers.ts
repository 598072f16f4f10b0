import { type RegistryOptions, RegistryProcess } from "./registry_process.ts";
import { requireTool } from "./tools.ts";

/** The registries whose place berth takes, by the names of their programs. */
export const peers = {
  /** distribution 2.8, Debian's package. */
  registry2: "docker-registry",
  /** distribution 3, from `go install`. */
  registry3: "registry",
} as const;

export type Peer = keyof typeof peers;

/** Starts a peer with deletes enabled on a storage root; resolves when it answers. */
export function startPeer(
  peer: Peer,
  options: Omit<RegistryOptions, "command"> = {},
): Promise<RegistryProcess> {
  return RegistryProcess.start({
    command: [requireTool(peers[peer]), "serve"],
    http: ["secret: of-the-tests"],
    ...options,
  });
}
