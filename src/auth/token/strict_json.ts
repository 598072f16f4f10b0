import { UnusableToken } from "./unusable_token.ts";

/** More than any claim needs. */
const MAX_DEPTH = 32;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A JSON object as two readers cannot understand it differently: UTF-8, no key twice in one object (RFC 8725 section 2.6; go-jose, and
 * with it distribution, refuses them too), not deep.
 * @throws UnusableToken
 */
export function parseStrictObject(bytes: Uint8Array, what: string): JsonObject {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new UnusableToken(`its ${what} is not JSON`);
  }
  if (!isObject(value)) throw new UnusableToken(`its ${what} is not an object`);
  refuseTwice(text, what);
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Goes through text that is known to be JSON. */
function refuseTwice(text: string, what: string): void {
  const parts = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  /** The keys of each object around, undefined for a list. */
  const around: (Set<string> | undefined)[] = [];
  for (const [part, colon] of text.matchAll(parts)) {
    if (part === "{" || part === "[") {
      around.push(part === "{" ? new Set() : undefined);
      if (around.length > MAX_DEPTH) throw new UnusableToken(`its ${what} is too deep`);
    } else if (part === "}" || part === "]") {
      around.pop();
    } else if (colon !== undefined) {
      const key: string = JSON.parse(part.slice(0, -colon.length));
      const keys = around.at(-1);
      if (keys?.has(key)) throw new UnusableToken(`its ${what} has a key twice`);
      keys?.add(key);
    }
  }
}
