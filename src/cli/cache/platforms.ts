import type { ChildReference, Manifest } from "../../oci/manifest.ts";
import { UsageError } from "../flags.ts";

/** Platforms that are wanted; undefined: all. */
export type Platforms = readonly string[] | undefined;

const PLATFORM = /^[a-z0-9_-]+\/[a-z0-9_-]+(?:\/[a-z0-9_.-]+)?$/;
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** `linux/amd64,linux/arm/v7`, `all`; undefined: this machine's. @throws UsageError */
export function parsePlatforms(text: string | undefined, architecture: string): Platforms {
  if (text === "all") return undefined;
  // containers are Linux wherever they run
  if (text === undefined) return [`linux/${ARCHITECTURES[architecture] ?? architecture}`];
  const platforms = text.split(",");
  if (platforms.every((platform) => PLATFORM.test(platform))) return platforms;
  throw new UsageError(
    `Found --platform ${text}, expected linux/amd64, several of these with commas, or all`,
  );
}

/** The children that are wanted. @throws Error with a sentence when there is none of a platform */
export function childrenFor(index: Manifest, platforms: Platforms): readonly ChildReference[] {
  if (platforms === undefined) return index.children;
  const chosen = platforms.map((platform) => {
    const found = index.children.filter((child) => isOf(child, platform));
    if (found.length > 0) return found;
    const there = new Set(index.children.map(nameOf).filter((name) => !name.includes("unknown")));
    throw new Error(
      `it is not there for ${platform}, only for ${[...there].join(", ") || "nothing"}`,
    );
  });
  return [...new Set(chosen.flat())];
}

function isOf(child: ChildReference, platform: string): boolean {
  const name = nameOf(child);
  return name === platform || name.startsWith(`${platform}/`);
}

function nameOf({ platform = {} }: ChildReference): string {
  const { os = "unknown", architecture = "unknown" } = platform;
  const variant = "variant" in platform ? platform.variant : undefined;
  return [os, architecture, ...(typeof variant === "string" && variant ? [variant] : [])].join("/");
}
