import { type Answer, describeAnswer } from "./golden/answer.ts";
import { $B, $C, $C512, $D, $I, $L, $M, $M512 } from "./golden/content.ts";
import { $R } from "./golden/corners.ts";
import type { Difference } from "./golden/difference.ts";
import { DIFFERENT_CORNERS } from "./golden/different_corners.ts";
import { DIFFERENT_FROM_2 } from "./golden/different_from_2.ts";
import { DIFFERENT_FROM_3 } from "./golden/different_from_3.ts";
import { GOLDEN_EXCHANGES, type Original } from "./golden_exchanges.ts";

/** The table of differences: an answer to a golden exchange that is neither distribution's nor in here fails the tests. */
export const DIFFERENCES: Readonly<Record<Original, readonly Difference[]>> = {
  registry3: [...DIFFERENT_FROM_3, ...DIFFERENT_CORNERS],
  registry2: DIFFERENT_FROM_2,
};

/** The answer that berth must give to a golden exchange, by its name. */
export function expectedOfBerth(original: Original, exchange: string): Answer {
  const other = DIFFERENCES[original].find((difference) => difference.exchange === exchange);
  return other?.berth ?? originalAnswer(original, exchange);
}

/** @throws when there is no exchange of this name */
export function originalAnswer(original: Original, exchange: string): Answer {
  const found = GOLDEN_EXCHANGES[original].find(({ name }) => name === exchange);
  if (found === undefined) throw new Error(`Cannot find the golden exchange ${exchange}`);
  return found.answer;
}

/** The differences to one version as a table of Markdown, for the README. */
export function describeDifferences(original: Original): string {
  const title = original === "registry3" ? "registry:3" : "registry:2";
  const rows = DIFFERENCES[original].map(({ exchange, berth, reason }) => [
    code(exchange),
    code(describeAnswer(originalAnswer(original, exchange))),
    code(describeAnswer(berth)),
    cell(reason),
  ]);
  return [["Request", title, "berth", "Why"], ["---", "---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Digests by the names that the exchanges have for them. */
function shorten(text: string): string {
  const names = { $B, $C, $C512, $D, $I, $L, $M, $M512, $R };
  return Object.entries(names).reduce(
    (short, [name, digest]) => short.replaceAll(digest, name),
    text,
  );
}

function code(text: string): string {
  return `\`\` ${cell(shorten(text))} \`\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
