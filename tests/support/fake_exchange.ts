import type { Exchange, ReplyBody, ReplyHeaders } from "../../src/http/exchange.ts";

export interface FakeRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its Content-Length, or as chunks of unknown length when it is a list. */
  readonly body?: string | Uint8Array<ArrayBuffer> | readonly Uint8Array<ArrayBuffer>[];
}

/** An exchange in memory: a request to hand in, and the answer to look at. Errors are thrown past it, see `answer`. */
export class FakeExchange implements Exchange {
  readonly id = "00000000-0000-4000-8000-000000000000";
  readonly method: string;
  readonly target: string;
  readonly remoteAddress = "127.0.0.1";
  readonly httpVersion = "1.1";
  readonly secure = false;
  readonly signal: AbortSignal = new AbortController().signal;
  readonly contentLength: number | undefined;
  readonly notes: Record<string, string | number | undefined> = {};
  resource: Exchange["resource"];
  bytesReceived = 0;
  /** Whether anybody asked for the body. */
  bodyTaken = false;
  /** Whether the connection was cut. */
  destroyed = false;
  status = 0;
  /** Of the answer: by lower-case name, one element a line. */
  readonly answered = new Map<string, string[]>();
  bytes = new Uint8Array();
  readonly #headers: ReadonlyMap<string, string>;
  readonly #chunks: readonly Uint8Array<ArrayBuffer>[];
  readonly #added: [string, readonly string[]][] = [];

  constructor(request: FakeRequest) {
    const { method = "GET", target, headers = {}, body } = request;
    const entries = Object.entries(headers).map(([k, v]): [string, string] => [k.toLowerCase(), v]);
    this.method = method;
    this.target = target;
    this.#chunks = typeof body === "string"
      ? [new TextEncoder().encode(body)]
      : body instanceof Uint8Array
      ? [body]
      : body ?? [];
    const chunked = Array.isArray(body);
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    this.contentLength = chunked || body === undefined ? undefined : length;
    if (chunked) entries.push(["transfer-encoding", "chunked"]);
    this.#headers = new Map(entries);
  }

  get replied(): boolean {
    return this.status !== 0;
  }

  get bytesSent(): number {
    return this.bytes.byteLength;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The answer's header, its lines joined by ", ". */
  got(name: string): string | undefined {
    return this.answered.get(name.toLowerCase())?.join(", ");
  }

  header(name: string): string | undefined {
    return this.#headers.get(name);
  }

  async *body(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    this.bodyTaken = true;
    for (const chunk of this.#chunks) yield await Promise.resolve(chunk);
  }

  addHeader(name: string, value: string | readonly string[]): void {
    this.#added.push([name, typeof value === "string" ? [value] : value]);
  }

  destroy(): void {
    this.destroyed = true;
  }

  note(fields: Readonly<Record<string, string | number | undefined>>): void {
    Object.assign(this.notes, fields);
  }

  async reply(status: number, headers: ReplyHeaders, body?: ReplyBody): Promise<void> {
    if (this.replied) throw new Error("Cannot reply: this exchange has been answered");
    this.status = status;
    for (const [name, value] of Object.entries(headers)) {
      const lines = typeof value === "object" ? [...value] : [String(value)];
      this.answered.set(name.toLowerCase(), lines);
    }
    for (const [name, lines] of this.#added) {
      const key = name.toLowerCase();
      this.answered.set(key, [...this.answered.get(key) ?? [], ...lines]);
    }
    const bytes = await bytesOf(body);
    if (!this.answered.has("content-length") && status !== 204 && status !== 304) {
      this.answered.set("content-length", [String(bytes.byteLength)]);
    }
    if (this.method !== "HEAD") this.bytes = bytes;
  }
}

async function bytesOf(body: ReplyBody | undefined): Promise<Uint8Array<ArrayBuffer>> {
  if (body === undefined) return new Uint8Array();
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if ("stream" in body) {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of body.stream) chunks.push(chunk.slice());
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }
  const { source, start, end } = body.region;
  try {
    const into = new Uint8Array(end - start);
    for (let at = 0; at < into.length;) {
      const read = await source.read(into.subarray(at), start + at);
      if (read === 0) throw new Error(`Cannot send the region: read ${at} bytes`);
      at += read;
    }
    return into;
  } finally {
    source.close();
  }
}
