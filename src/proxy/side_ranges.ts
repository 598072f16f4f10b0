import type { GrowingContent } from "./growing_content.ts";
import { SideRange } from "./side_range.ts";
import type { FetchedBlob } from "./upstream.ts";

/** A range that begins so far beyond what is there is not waited for: readers of indexes at a blob's end would wait for all of it. */
const FAR_AHEAD = 32 * 1024 * 1024;
/** For one blob at a time. */
const MOST = 4;

/** Fetches bytes of a blob; `end` exclusive. */
export type FetchRange = (
  start: number,
  end: number,
  signal: AbortSignal,
) => Promise<FetchedBlob | undefined>;

/** The ranges of one blob that are fetched beside its fill. */
export class SideRanges {
  #open = 0;

  constructor(private readonly fetch: FetchRange, private readonly onOpen: () => void) {}

  /** Undefined when the fill is to be waited for. */
  open(content: GrowingContent, start: number, end: number): SideRange | undefined {
    if (start < content.written + FAR_AHEAD || this.#open >= MOST) return undefined;
    this.#open++;
    this.onOpen();
    return new SideRange(
      (signal) => this.fetch(start, end, signal),
      start,
      end,
      () => this.#open--,
    );
  }
}
