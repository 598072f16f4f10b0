import type { ImageClientKind } from "./client.ts";
import { podman, skopeo } from "./containers_image.ts";
import { crane } from "./crane.ts";
import { docker } from "./docker.ts";

/** The clients that people push and pull with. */
export const imageClients: readonly ImageClientKind[] = [docker, podman, skopeo, crane];
