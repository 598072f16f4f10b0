/**
 * Writes what README.md says from lists, between the lines `<!-- name:begin … -->` and `<!-- name:end -->`: the options (src/config) and
 * the differences from distribution (tests/api/differences.ts, which the golden tests check). `--check` only tells, by its exit
 * status, whether they are there.
 */
import { renderMarkdown } from "../src/config/option_table.ts";
import { describeDifferences } from "../tests/api/differences.ts";

const README = new URL("../README.md", import.meta.url);

/** The README as it should be. @throws when it has no place for a part */
export function renderReadme(readme: string): string {
  return replacePart(
    replacePart(readme, "options", renderMarkdown()),
    "differences",
    differences(),
  );
}

function differences(): string {
  return "`U` is the URL of an upload, `U?s` the same as its last answer had it; `$B`, `$M` and the like are digests.\n" +
    `\n**From registry:3**\n\n${describeDifferences("registry3")}\n` +
    `**From registry:2**, beyond what registry:3 has changed already\n\n${
      describeDifferences("registry2")
    }`;
}

/** @throws when there are no such lines */
export function replacePart(readme: string, name: string, content: string): string {
  const place = new RegExp(`(<!-- ${name}:begin[^>]*-->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!place.test(readme)) {
    throw new Error(`Cannot write the ${name}: README.md has no ${name}:begin and ${name}:end`);
  }
  return readme.replace(
    place,
    (_all, begin: string, end: string) => `${begin}\n${content.trim()}\n\n${end}`,
  );
}

if (import.meta.main) {
  const before = await Deno.readTextFile(README);
  const after = renderReadme(before);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(README, after);
  else if (after !== before) {
    console.error("README.md is not up to date: run deno run -A scripts/readme.ts");
    Deno.exit(1);
  }
}
