import type { Exchange } from "../http/exchange.ts";

/** More than any form of `{"enabled":true}` needs. */
const MOST_BYTES = 1024;

/** What a request wants a switch to be: `?enabled=` or, without it, a body `{"enabled":…}`. Undefined: it cannot be told. */
export async function readSwitch(exchange: Exchange): Promise<boolean | undefined> {
  const query = exchange.target.split("?").slice(1).join("?");
  const asked = new URLSearchParams(query).getAll("enabled");
  if (asked.length > 0) return asked.length === 1 ? booleanOf(asked[0]) : undefined;
  const text = await shortBody(exchange);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("enabled" in value)) return undefined;
    return typeof value.enabled === "boolean" ? value.enabled : undefined;
  } catch {
    return undefined;
  }
}

function booleanOf(text: string | undefined): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}

/** Undefined when it is longer than it can be. */
async function shortBody(exchange: Exchange): Promise<string | undefined> {
  if ((exchange.contentLength ?? 0) > MOST_BYTES) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of exchange.body()) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
