import type { AccessController } from "../auth/access_controller.ts";
import type { Exchange } from "../http/exchange.ts";
import { refusalOf } from "./authorization.ts";
import { answerMethodNotAllowed } from "./plain_answer.ts";

/** Where tokens are handed out, if they are; no repository can be called so. */
export const TOKEN_PATH = "/v2/_token";

/**
 * The Docker registry token protocol (distribution: docs/content/spec/auth/token.md), as far as clients need it. What is asked for in the
 * query is left unread: a token says who its bearer is, and the rules what that one may do. POST, the OAuth2 form of it, is a 405, after
 * which clients come with GET.
 */
export async function answerToken(access: AccessController, exchange: Exchange): Promise<void> {
  if (exchange.method === "OPTIONS") {
    return await exchange.reply(200, { Allow: "GET", "Content-Length": 0 });
  }
  if (exchange.method !== "GET") return await answerMethodNotAllowed(exchange, "GET");
  const issued = await access.issueToken?.(exchange);
  if (issued === undefined) throw new Error("Cannot answer: nobody hands out tokens here");
  if (issued.user !== undefined) exchange.note({ "auth.user.name": issued.user });
  if ("granted" in issued) throw await refusalOf(access, exchange, issued, []);
  const { text, expiresIn } = issued;
  await exchange.reply(
    200,
    { "Content-Type": "application/json", "Cache-Control": "no-store" },
    `${JSON.stringify({ token: text, access_token: text, expires_in: expiresIn })}\n`,
  );
}
