/**
 * Writes what the README says from lists: the option table, the differences from registry 3. `--check` only tells whether it is up to date.
 *
 * deno run -A scripts/readme.ts [--check]
 */
import { renderMarkdown as renderOptions } from "../src/config/option_table.ts";
import { renderDifferences } from "../tests/api/differences.ts";

const README = new URL("../README.md", import.meta.url);

/** The text with the part between `<!-- name:begin … -->` and `<!-- name:end -->` replaced. */
export function replacePart(text: string, name: string, content: string): string {
  const begin = new RegExp(`<!-- ${name}:begin[^>]*-->\n`).exec(text);
  const end = text.indexOf(`<!-- ${name}:end -->`);
  if (begin === null || end < 0) throw new Error(`Cannot find the part ${name} in README.md`);
  return `${text.slice(0, begin.index + begin[0].length)}\n${content.trim()}\n\n${text.slice(end)}`;
}

/** The README as it should be. */
export function renderReadme(text: string): string {
  return replacePart(replacePart(text, "options", renderOptions()), "differences", renderDifferences());
}

if (import.meta.main) {
  const text = await Deno.readTextFile(README);
  const wanted = renderReadme(text);
  if (Deno.args.includes("--check")) {
    if (wanted !== text) console.error("README.md is not up to date: run deno run -A scripts/readme.ts");
    Deno.exit(wanted === text ? 0 : 1);
  }
  await Deno.writeTextFile(README, wanted);
}
