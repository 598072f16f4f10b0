import type { Exchange, ReplyHeaders } from "../http/exchange.ts";

/** JSON without a newline at its end, the characters escaped that Go escapes. */
export function answerJson(exchange: Exchange, status: number, value: unknown): Promise<void> {
  const text = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return exchange.reply(status, { "Content-Type": "application/json" }, text);
}

/** One line, as Go's http.Error writes it. */
export function answerText(
  exchange: Exchange,
  status: number,
  line: string,
  headers: ReplyHeaders = {},
): Promise<void> {
  return exchange.reply(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  }, `${line}\n`);
}
