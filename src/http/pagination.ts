/** Which page of a list a query asks for (OCI distribution-spec, Listing Tags). */
export interface PageQuery {
  /** `n`; undefined when it is absent or empty, NaN when it is no count. */
  readonly n: number | undefined;
  /** `n` as it was sent, "" when absent: what a refusal names. */
  readonly nText: string;
  /** The page begins after this one, which need not exist; "" begins at the start. */
  readonly last: string;
}

/** @param query the raw text behind the `?` */
export function readPageQuery(query: string): PageQuery {
  if (query === "") return { n: undefined, nText: "", last: "" };
  const parameters = new URLSearchParams(query);
  const nText = parameters.get("n") ?? "";
  return { n: parseCount(nText), nText, last: parameters.get("last") ?? "" };
}

function parseCount(text: string): number | undefined {
  if (text === "") return undefined;
  return /^\d+$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : Number.NaN;
}

/**
 * The Link header to the next page: relative, keys sorted, other parameters dropped, as distribution sends it.
 * @param path of this page including the prefix, without query
 * @param last the last entry of this page
 */
export function nextPageLink(path: string, last: string, n: number): string {
  // A path that came from a request must not end the <…> early.
  const safePath = path.toWellFormed().replace(/[^!#-;=?-Z\[\]_a-z~]/gu, encodeURIComponent);
  return `<${safePath}?last=${queryEscape(last)}&n=${n}>; rel="next"`;
}

/** Go's url.QueryEscape but for spaces, which become %20; never throws. */
function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
