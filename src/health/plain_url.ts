/** A URL may carry a name and a password, and a token in its query, which are nobody's business: they are cut out. */
export function plainUrl(uri: string): string {
  const url = new URL(uri);
  if (url.username === "" && url.password === "") return uri.replace(/[?#][^]*$/, "");
  url.username = url.password = "";
  url.search = url.hash = "";
  return url.href;
}

/** What may be asked for: fetch takes no URL with a name and a password. */
export function askedUrl(uri: string): string {
  const url = new URL(uri);
  url.username = url.password = "";
  return url.href;
}

/** A sentence with all of its URLs made plain. */
export function withPlainUrls(text: string): string {
  return text.replace(/https?:\/\/[^\s"'<>()]+/gi, (uri) => URL.canParse(uri) ? plainUrl(uri) : "");
}
