import type { Exchange, ReplyHeaders } from "../http/exchange.ts";
import type { ApiOptions } from "./options.ts";

const HEADERS: ReplyHeaders = { "Content-Type": "application/json", "Content-Length": 2 };

/** `/v2/`: clients learn here that this is a registry, and how to log in. No line feed, as distribution. */
export function answerPing(_api: ApiOptions, exchange: Exchange): Promise<void> {
  return exchange.reply(200, HEADERS, "{}");
}
