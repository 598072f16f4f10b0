import { makeImage, makeIndex } from "../../tests/support/images.ts";
import { RegistryClient } from "../../tests/support/registry_client.ts";
import { RegistryProcess } from "../../tests/support/registry_process.ts";

/**
 * Starts a compiled program on both drivers, pushes, pulls and compares, restarts it in between (on the file system), and ends it.
 * @throws when anything goes wrong
 */
export async function smoke(program: string): Promise<void> {
  const image = makeImage({ layers: [10_000, 5_000_000] });
  for (const driver of ["filesystem", "inmemory"] as const) {
    await using registry = await RegistryProcess.start({ command: [program, "serve"], driver });
    const client = new RegistryClient(registry.url);
    await client.pushImage("smoke/image", image, "it");
    await client.pushImage("smoke/index", makeIndex(), "it");
    if (driver === "filesystem") {
      await registry.stop();
      await registry.start();
    }
    await client.checkImage("smoke/image", image, "it");
    const { code } = await registry.stop();
    if (code !== 0) throw new Error(`The program ended with ${code}: ${registry.stderr}`);
  }
}
