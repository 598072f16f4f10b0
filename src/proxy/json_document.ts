import { jsonDepth } from "../oci/json_depth.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** More than any document of a registry needs; JSON.parse of a deeper one costs memory out of proportion. */
const MAX_DEPTH = 100;

/** The object that the bytes hold; undefined when they hold none, or one that is nested too deep. */
export function parseObject(bytes: Uint8Array): JsonObject | undefined {
  if (jsonDepth(bytes) > MAX_DEPTH) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
