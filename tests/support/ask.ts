import { RawConnection, type RawResponse } from "./raw_http.ts";

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its Content-Length; a list is sent as chunks of unknown length. */
  readonly body?: string | Uint8Array<ArrayBuffer> | readonly string[];
}

/** An answer, read whole. */
export interface Reply extends RawResponse {
  readonly text: string;
  /** The code of its first error, undefined when the body is no list of errors. */
  readonly code: string | undefined;
}

/** One request on a connection of its own, its target being sent exactly as it stands here. */
export async function ask(
  port: number,
  method: string,
  target: string,
  { headers = {}, body }: Question = {},
): Promise<Reply> {
  using connection = await RawConnection.open(port);
  await connection.send(head(method, target, { ...headers, ...framing(body) }));
  // A server may answer and close before it has read all of it.
  const sent = sendBody(connection, body).catch(() => undefined);
  const response = await connection.response(method === "HEAD");
  await sent;
  const text = new TextDecoder().decode(response.body);
  return { ...response, text, code: codeOf(text) };
}

/** The head of a request, the empty line included. */
export function head(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({ Host: "127.0.0.1", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

function framing(body: Question["body"]): Record<string, string> {
  if (body === undefined) return {};
  if (typeof body === "string") {
    return { "Content-Length": String(new TextEncoder().encode(body).length) };
  }
  return body instanceof Uint8Array
    ? { "Content-Length": String(body.length) }
    : { "Transfer-Encoding": "chunked" };
}

async function sendBody(connection: RawConnection, body: Question["body"]): Promise<void> {
  const encoder = new TextEncoder();
  if (body === undefined) return;
  if (typeof body === "string") return await connection.send(encoder.encode(body));
  if (body instanceof Uint8Array) return await connection.send(body);
  for (const chunk of body) await connection.send(chunked(chunk));
  await connection.send("0\r\n\r\n");
}

/** One chunk as it goes over the wire. */
export function chunked(text: string): Uint8Array<ArrayBuffer> {
  const size = new TextEncoder().encode(text).length.toString(16);
  return new TextEncoder().encode(`${size}\r\n${text}\r\n`);
}

function codeOf(text: string): string | undefined {
  if (!text.startsWith('{"errors":')) return undefined;
  return JSON.parse(text).errors[0]?.code;
}

/** Waits for a state that another process reaches by itself; asks again every few milliseconds. @throws after `limit` of them */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  limit = 10_000,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Cannot go on: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
