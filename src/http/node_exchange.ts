import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange, ReplyBody, ReplyHeaders } from "./exchange.ts";
import type { Pump } from "./pump.ts";
import { RequestBody } from "./request_body.ts";
import type { StallWatch } from "./stall_watch.ts";

/** An unread body up to this size is read and dropped, so that the connection can go on; beyond it the connection ends. */
export const DRAIN_BYTES = 1024 * 1024;

/** What all exchanges of a listener share. */
export interface Shared {
  readonly pump: Pump;
  readonly watch: StallWatch;
  readonly secure: boolean;
  /** Whether the listener is being stopped, so that connections end with their answer. */
  readonly stopping: boolean;
}

/** An Exchange over node:http. Made for every request, so everything that not every request needs is made when it is asked for. */
export class NodeExchange implements Exchange {
  #id: string | undefined;
  #abort: AbortController | undefined;
  #body: RequestBody | undefined;
  #added: [string, string | readonly string[]][] | undefined;
  #notes: Record<string, string | number | undefined> | undefined;
  bytesSent = 0;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly shared: Shared,
    /** Whether the client waits for a 100 before it sends the body. */
    private readonly expects: boolean,
  ) {}

  get id(): string {
    return this.#id ??= crypto.randomUUID();
  }

  get method(): string {
    return this.request.method ?? "";
  }

  get target(): string {
    return this.request.url ?? "";
  }

  get remoteAddress(): string {
    return this.request.socket.remoteAddress ?? "@";
  }

  get httpVersion(): string {
    return this.request.httpVersion;
  }

  get secure(): boolean {
    return this.shared.secure;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = this.#abort = new AbortController();
      const onClose = () => {
        if (!this.response.writableFinished) abort.abort();
      };
      if (this.response.destroyed) onClose();
      else this.response.once("close", onClose);
    }
    return this.#abort.signal;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  get contentLength(): number | undefined {
    const text = this.request.headers["content-length"];
    return text === undefined ? undefined : Number(text);
  }

  get hasBody(): boolean {
    return this.request.headers["transfer-encoding"] !== undefined || (this.contentLength ?? 0) > 0;
  }

  /** Whether part of the body has not been read. */
  get hasUnread(): boolean {
    return this.hasBody && !this.request.readableEnded && !this.request.complete;
  }

  /** Whether the connection has to end with the answer. */
  get mustClose(): boolean {
    if (this.shared.stopping || this.leftWaiting) return true;
    return this.hasUnread && !((this.contentLength ?? Infinity) <= DRAIN_BYTES);
  }

  /** Whether the client has been left waiting for a 100 that never came: it may or may not send the body. */
  get leftWaiting(): boolean {
    return this.expects && this.#body === undefined;
  }

  get notes(): Readonly<Record<string, string | number | undefined>> {
    return this.#notes ?? {};
  }

  body(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#body ??= new RequestBody(this.request, this.shared.watch, () => {
      if (this.expects) this.response.writeContinue();
    });
  }

  addHeader(name: string, value: string | readonly string[]): void {
    (this.#added ??= []).push([name, value]);
  }

  get replied(): boolean {
    return this.response.headersSent;
  }

  get status(): number {
    return this.response.headersSent ? this.response.statusCode : 0;
  }

  note(fields: Readonly<Record<string, string | number | undefined>>): void {
    this.#notes = { ...this.#notes, ...fields };
  }

  destroy(): void {
    this.request.socket.destroy();
  }

  async reply(status: number, headers: ReplyHeaders, body?: ReplyBody): Promise<void> {
    try {
      const bodyless = this.method === "HEAD" || status === 204 || status === 304;
      this.response.writeHead(status, this.#flatten(status, headers, body));
      if (bodyless || body === undefined) this.response.end();
      else await this.#send(body);
    } finally {
      if (typeof body === "object" && "region" in body) body.region.source.close();
    }
  }

  async #send(body: ReplyBody): Promise<void> {
    if (typeof body === "string" || body instanceof Uint8Array) {
      this.bytesSent = typeof body === "string"
        ? new TextEncoder().encode(body).length
        : body.length;
      this.response.end(body);
      return;
    }
    if ("region" in body) {
      await this.shared.pump.send(this.response, body.region, (bytes) => this.bytesSent += bytes);
    } else await this.#stream(body.stream);
    if (!this.response.destroyed) this.response.end();
  }

  async #stream(stream: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream) {
      if (this.response.destroyed) return;
      this.bytesSent += chunk.length;
      if (!this.response.write(chunk)) await this.#room();
    }
  }

  /** Resolves when there is room for more, or nobody left to send to. */
  #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { waitingSince: this.shared.watch.now(), onStall: () => this.destroy() };
    this.shared.watch.add(waiting);
    this.response.on("drain", resolve).on("close", resolve);
    return promise.finally(() => {
      this.shared.watch.remove(waiting);
      this.response.off("drain", resolve).off("close", resolve);
    });
  }

  /** Headers as the flat list of names and values that node takes without a copy. */
  #flatten(status: number, headers: ReplyHeaders, body: ReplyBody | undefined): string[] {
    const flat: string[] = [];
    const add = (name: string, value: string | number | readonly string[]) => {
      if (typeof value !== "object") flat.push(name, String(value));
      else for (const item of value) flat.push(name, item);
    };
    for (const [name, value] of this.#added ?? []) add(name, value);
    for (const name in headers) add(name, headers[name] ?? "");
    if (headers["Content-Length"] === undefined && status !== 204 && status !== 304) {
      const length = lengthOf(body);
      if (length !== undefined) flat.push("Content-Length", String(length));
    }
    if (this.shared.stopping || this.leftWaiting || this.hasUnread) {
      flat.push("Connection", "close");
    }
    return flat;
  }
}

function lengthOf(body: ReplyBody | undefined): number | undefined {
  if (body === undefined) return 0;
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  if (body instanceof Uint8Array) return body.length;
  return "region" in body ? body.region.end - body.region.start : undefined;
}
