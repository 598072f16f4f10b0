import { createHash } from "node:crypto";
import { join } from "@std/path";

const LINK = /^sha256:([0-9a-f]{64})$/;

/** Reads a whole storage root and names what is torn, missing or not what its name says. Leftovers of uploads don't count. */
export async function scrub(root: string): Promise<string[]> {
  const tree = join(root, "docker/registry/v2");
  const blobs = new Set<string>();
  const problems: string[] = [];
  for await (const path of files(join(tree, "blobs"))) {
    if (!path.endsWith("/data")) continue;
    const hex = path.split("/").at(-2) ?? "";
    const bytes = await Deno.readFile(path);
    if (createHash("sha256").update(bytes).digest("hex") === hex) blobs.add(hex);
    else problems.push(`${path}: its bytes are not those of its name`);
  }
  for await (const path of files(join(tree, "repositories"))) {
    if (!path.endsWith("/link") || path.includes("/_uploads/")) continue;
    const hex = LINK.exec(await Deno.readTextFile(path))?.[1];
    if (hex === undefined) problems.push(`${path}: it is no link`);
    else if (!blobs.has(hex)) problems.push(`${path}: its blob is missing`);
  }
  return problems;
}

async function* files(folder: string): AsyncGenerator<string> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) yield* files(path);
      else yield path;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
