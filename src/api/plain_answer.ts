import type { Exchange, ReplyHeaders } from "../http/exchange.ts";
import type { Redirect } from "./route.ts";

/** Of an answer in plain text, as Go's http.Error writes them. */
export const TEXT_HEADERS: ReplyHeaders = {
  "Content-Type": "text/plain; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
};
const ROOT: ReplyHeaders = { "Cache-Control": "no-cache", "Content-Length": 0 };

/** `GET /`: 200 and nothing else (distribution's alive handler). */
export function answerRoot(exchange: Exchange): Promise<void> {
  return exchange.reply(200, ROOT);
}

/** A path that is no route: text, not JSON. */
export function answerNotFound(exchange: Exchange): Promise<void> {
  return exchange.reply(404, TEXT_HEADERS, "404 page not found\n");
}

/** @param allow the methods that the route has, sorted and joined by ", " */
export function answerMethodNotAllowed(exchange: Exchange, allow: string): Promise<void> {
  return exchange.reply(405, { ...TEXT_HEADERS, Allow: allow }, "Method not allowed\n");
}

/** 301, with the body that Go's http.Redirect gives a GET. */
export function answerRedirect(exchange: Exchange, redirect: Redirect): Promise<void> {
  const { location, html } = redirect;
  if (!html || (exchange.method !== "GET" && exchange.method !== "HEAD")) {
    return exchange.reply(301, { Location: location, "Content-Length": 0 });
  }
  const headers = { Location: location, "Content-Type": "text/html; charset=utf-8" };
  return exchange.reply(
    301,
    headers,
    `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;").replaceAll("'", "&#39;");
}
