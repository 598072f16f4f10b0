/** An element of a list of entity tags: `*`, an entity tag (RFC 9110 section 8.8.3), or something without quotes. */
const ELEMENT = /[ \t,]*(?:(\*)|(W\/)?("[^\0-\x20"\x7f]*")|([^\0-\x20",\x7f]+)(?=[ \t]*(?:,|$)))/y;

/**
 * Whether If-None-Match names `etag`, so that the answer is 304 (RFC 9110 section 13.1.2: `*`, or weak comparison).
 * @param header value of If-None-Match
 * @param etag strong, with its quotes: `"sha256:…"`
 * @param options `bare`: whether the tag without quotes matches too, as distribution has it for manifests but not for blobs
 */
export function ifNoneMatchNames(
  header: string,
  etag: string,
  { bare = false }: { readonly bare?: boolean } = {},
): boolean {
  return listNames(header, etag, { weak: true, bare });
}

/**
 * Whether If-Match lets the request pass (RFC 9110 section 13.1.1: `*`, or strong comparison); otherwise the answer is 412. An empty
 * header is no condition.
 */
export function ifMatchNames(header: string, etag: string): boolean {
  return header === "" || listNames(header, etag, { weak: false, bare: false });
}

/**
 * Whether If-Range lets Range count (RFC 9110 section 13.1.5: strong comparison with one entity tag); otherwise the whole is sent.
 * A date never matches, since nothing here has one. An empty header is no condition.
 */
export function ifRangeNames(header: string, etag: string): boolean {
  return header === "" || header.trim() === etag;
}

function listNames(
  header: string,
  etag: string,
  { weak, bare }: { readonly weak: boolean; readonly bare: boolean },
): boolean {
  const unquoted = etag.slice(1, -1);
  const element = new RegExp(ELEMENT); // with a lastIndex of its own
  for (let match = element.exec(header); match; match = element.exec(header)) {
    const [, any, weakMark, quoted, token] = match;
    if (any !== undefined) return true;
    if (quoted === etag && (weak || weakMark === undefined)) return true;
    // As in Go, what follows something that is no entity tag isn't looked at.
    if (token !== undefined && !bare) return false;
    if (token === unquoted) return true;
  }
  return false;
}
