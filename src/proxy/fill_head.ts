import type { GrowingContent } from "./growing_content.ts";

/** What clients of a fill get: the bytes as they come, or how it ended before they could be given any. */
export type FillHead = GrowingContent | "kept" | "absent";

export function newHead(): PromiseWithResolvers<FillHead> {
  const head = Promise.withResolvers<FillHead>();
  head.promise.catch(() => undefined); // those who wait hear of it; there may be none
  return head;
}
