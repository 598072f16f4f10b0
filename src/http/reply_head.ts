import type { ReplyBody, ReplyHeaders } from "./exchange.ts";

type Value = string | number | readonly string[];

/** Names and values one after the other: the form that node takes without building anything of its own. */
export function flatHeaders(
  added: readonly (readonly [name: string, value: Value])[] | undefined,
  headers: ReplyHeaders,
): string[] {
  const flat: string[] = [];
  if (added !== undefined) { for (const [name, value] of added) push(flat, name, value); }
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) push(flat, name, value);
  }
  return flat;
}

function push(flat: string[], name: string, value: Value): void {
  if (typeof value === "string") flat.push(name, value);
  else if (typeof value === "number") flat.push(name, String(value));
  else for (const item of value) flat.push(name, item);
}

/** The Content-Length among the headers of a reply, by the spelling that this program uses. */
export function givenLength(headers: ReplyHeaders): number | undefined {
  const value = headers["Content-Length"];
  return value === undefined ? undefined : Number(value);
}

/** Bytes of a body, undefined when only its end will tell. */
export function lengthOf(body: ReplyBody | undefined): number | undefined {
  if (body === undefined) return 0;
  if (typeof body === "string") return utf8Length(body);
  if (body instanceof Uint8Array) return body.length;
  return "region" in body ? body.region.end - body.region.start : undefined;
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function utf8Length(text: string): number {
  return ASCII.test(text) ? text.length : new TextEncoder().encode(text).length;
}

/** Whether answers of this status have no body (RFC 9110 section 6.4.1), nor a Content-Length. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}
