import type { IncomingMessage, ServerResponse } from "node:http";
import type { Region } from "../async/byte_source.ts";
import type { HandlerName } from "../metrics/metrics.ts";
import type { Arrival, Connection } from "./connection.ts";
import type { Exchange, ReplyBody, ReplyHeaders } from "./exchange.ts";
import { type Pump, roomIn } from "./pump.ts";
import { flatHeaders, givenLength, isBodiless, lengthOf } from "./reply_head.ts";
import { RequestBody } from "./request_body.ts";
import type { StallWatch } from "./stall_watch.ts";
import { endUnread, MOST_DRAINED } from "./unread_body.ts";

/** What all exchanges of a listener share. */
export interface Shared {
  readonly pump: Pump;
  readonly watch: StallWatch;
  readonly secure: boolean;
}

type Notes = Readonly<Record<string, string | number | undefined>>;

const NONE: Notes = {};

const REPLIED = Promise.resolve();

/**
 * An Exchange over node:http. One is made for every request, so what not every request needs is made when it is asked for, and the
 * way of a small answer is kept short.
 */
export class NodeExchange implements Exchange {
  status = 0;
  bytesSent = 0;
  resource: HandlerName | undefined;
  notes: Notes = NONE;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #expects: boolean;
  #id: string | undefined;
  #abort: AbortController | undefined;
  #body: RequestBody | undefined;
  #added: [string, string | readonly string[]][] | undefined;

  constructor(
    arrival: Arrival,
    private readonly connection: Connection,
    private readonly shared: Shared,
  ) {
    this.#request = arrival.request;
    this.#response = arrival.response;
    this.#expects = arrival.expects;
  }

  get id(): string {
    return this.#id ??= crypto.randomUUID();
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  get remoteAddress(): string {
    return this.connection.address;
  }

  get httpVersion(): string {
    return this.#request.httpVersion;
  }

  get secure(): boolean {
    return this.shared.secure;
  }

  get clientSubject(): string | undefined {
    return this.connection.client.subject;
  }

  get replied(): boolean {
    return this.status !== 0;
  }

  /** Whether the connection has ended, so that there is nobody to answer. */
  get isGone(): boolean {
    return this.#response.destroyed || this.connection.socket.destroyed;
  }

  get signal(): AbortSignal {
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = this.#abort = new AbortController();
    const response = this.#response;
    // Not by writableFinished, which is true too when the socket was destroyed with the answer in it.
    const onClose = () => abort.abort();
    if (response.destroyed && !response.writableFinished) onClose();
    else response.once("close", onClose).once("finish", () => response.off("close", onClose));
    return abort.signal;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  get contentLength(): number | undefined {
    const text = this.#request.headers["content-length"];
    return text === undefined ? undefined : Number(text);
  }

  get bytesReceived(): number {
    return this.#body?.progress ?? 0;
  }

  body(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#body ??= new RequestBody(this.#request, this.shared.watch, () => {
      if (this.#expects) this.#response.writeContinue();
    });
  }

  addHeader(name: string, value: string | readonly string[]): void {
    (this.#added ??= []).push([name, value]);
  }

  note(fields: Notes): void {
    this.notes = this.notes === NONE ? fields : { ...this.notes, ...fields };
  }

  destroy(): void {
    this.connection.cut();
  }

  reply(status: number, headers: ReplyHeaders, body?: ReplyBody): Promise<void> {
    if (typeof body === "object" && "region" in body) {
      return this.#replyRegion(status, headers, body.region);
    }
    try {
      if (!this.#writeHead(status, headers, body)) return REPLIED;
      if (body === undefined || this.#sendsNoBody()) this.#end();
      else if (typeof body === "object" && "stream" in body) return this.#stream(headers, body);
      else this.#end(body);
      return REPLIED;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #replyRegion(status: number, headers: ReplyHeaders, region: Region): Promise<void> {
    try {
      if (!this.#writeHead(status, headers, { region })) return;
      if (this.#sendsNoBody()) return this.#end();
      region.source.expect?.(region.start, region.end);
      const small = this.shared.pump.whole(region);
      if (small !== undefined) return this.#end(small);
      await this.shared.pump.send(this.#response, region, (bytes) => this.bytesSent += bytes);
      this.#end();
    } finally {
      region.source.close();
    }
  }

  async #stream(
    headers: ReplyHeaders,
    body: { readonly stream: AsyncIterable<Uint8Array<ArrayBuffer>> },
  ): Promise<void> {
    const response = this.#response;
    response.on("error", ignore);
    for await (const chunk of body.stream) {
      if (response.destroyed) return;
      this.bytesSent += chunk.length;
      if (!response.write(chunk)) await roomIn(response, this.shared.watch);
    }
    const length = givenLength(headers);
    if (length !== undefined && this.bytesSent !== length && !response.destroyed) {
      throw new Error(`Cannot end the answer: ${this.bytesSent} of ${length} bytes were sent`);
    }
    this.#end();
  }

  /** @returns false when there is nobody to answer any more */
  #writeHead(status: number, headers: ReplyHeaders, body: ReplyBody | undefined): boolean {
    if (this.status !== 0) throw new Error("Cannot reply: this exchange has been answered");
    if (this.#response.destroyed) {
      this.status = status;
      return false;
    }
    const flat = flatHeaders(this.#added, headers);
    if (headers["Content-Length"] === undefined && !isBodiless(status)) {
      const length = lengthOf(body);
      if (length !== undefined) flat.push("Content-Length", String(length));
    }
    if (!this.connection.closing && !this.#canGoOn()) this.connection.closing = true;
    if (this.connection.closing) flat.push("Connection", "close");
    this.#response.writeHead(status, flat); // throws when a header has a character that would end it
    this.status = status;
    return true;
  }

  #sendsNoBody(): boolean {
    return this.#request.method === "HEAD" || isBodiless(this.status);
  }

  #end(body?: string | Uint8Array): void {
    const response = this.#response;
    if (response.destroyed) return;
    if (body !== undefined) {
      this.bytesSent = typeof body === "string" ? lengthOf(body) ?? 0 : body.length;
    }
    if (this.#canGoOn()) {
      if (body === undefined) response.end();
      else response.end(body);
      return;
    }
    response.on("error", ignore);
    if (body === undefined) response.flushHeaders();
    else response.write(body);
    endUnread(this.#request, response);
  }

  /** Whether the connection can take another request when the answer ends here: node drops a small rest of a body by itself. */
  #canGoOn(): boolean {
    const request = this.#request;
    // undefined in older Deno, which deals with the rest of a body by itself
    if (request.complete !== false) return true;
    const { headers } = request;
    if (headers["transfer-encoding"] !== undefined) return false;
    const length = headers["content-length"];
    if (length === undefined || length === "0") return true;
    return !this.#expects && this.#body === undefined && Number(length) <= MOST_DRAINED;
  }
}

/** The connection's end shows elsewhere; an unheard "error" would end the process. */
function ignore(): void {}
