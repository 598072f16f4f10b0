import { makeImage } from "../../tests/support/images.ts";
import { writeLayout } from "../../tests/support/oci_layout.ts";
import { run } from "../../tests/support/process.ts";
import { requireTool } from "../../tests/support/tools.ts";
import type { Bench, Row } from "./bench.ts";
import { timed } from "./load.ts";

const LAYERS: readonly number[] = Array(8).fill(32 * 1_024 * 1_024);

function row(work: string): Row {
  return { id: "P13", work, unit: "s", better: "less", goal: { ratio: 1 } };
}

async function copy(from: string, to: string): Promise<void> {
  const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const options = ["--insecure-policy", "copy", "--preserve-digests", ...insecure];
  await run([requireTool("skopeo"), ...options, from, to]);
}

const skopeo: Bench = {
  rows: [
    row("skopeo push of 8 layers of 32 MiB"),
    row("skopeo pull of them"),
    row("skopeo push again"),
    row("skopeo copy into a second repository (mount)"),
  ],
  prepare: ({ server, resources }) => {
    const host = `docker://127.0.0.1:${server.port}/bench`;
    let series = 0;
    return Promise.resolve(async () => {
      // other bytes each time: skopeo remembers where it has seen a blob, and mounts it
      const seed = 100 + series++;
      const layout = resources.path("layout");
      await writeLayout(layout, { it: makeImage({ layers: LAYERS, seed, level: 0 }) });
      const source = `oci:${layout}:it`;
      const pulled = resources.path("pulled");
      const durations = [
        await timed(() => copy(source, `${host}/first-${seed}:it`)),
        await timed(() => copy(`${host}/first-${seed}:it`, `dir:${pulled}`)),
        await timed(() => copy(source, `${host}/first-${seed}:it`)),
        await timed(() => copy(source, `${host}/second-${seed}:it`)),
      ];
      for (const folder of [layout, pulled]) await Deno.remove(folder, { recursive: true });
      return durations.map((milliseconds) => milliseconds / 1_000);
    });
  },
};

export const skopeoBenches: readonly Bench[] = [skopeo];
