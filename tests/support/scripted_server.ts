import type { Issued } from "./certificates.ts";

/** A request as it came. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
  /** From 0, in the order in which they came. */
  readonly number: number;
  /** From 0; a connection that is kept has one number. */
  readonly connection: number;
}

/** What is sent back. Without anything: 200 and an empty body. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes out as UTF-8. A generator is asked for the next piece when the client has taken the last: bodies without an end. */
  readonly body?: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** In place of the true Content-Length; "chunked", or "none": the end of the connection ends the body. */
  readonly length?: number | "chunked" | "none";
  /** So many bytes of the body are sent (0: the head alone), then the connection is closed. */
  readonly cutAfter?: number;
  /** So many bytes of the body are sent, then nothing more, until the end of the test or `until`. */
  readonly stallAfter?: number;
  /** With stallAfter: what ends the stall, after which the rest is sent. */
  readonly until?: Promise<unknown>;
  /** The head comes when this has come. */
  readonly after?: Promise<unknown>;
  /** Never answers. */
  readonly silent?: boolean;
  /** Sent instead of an HTTP answer; then the connection is closed. */
  readonly raw?: string;
}

export type Script = (
  request: ScriptedRequest,
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>;

/**
 * An HTTP server on the loopback which answers as a test says, lies and faults included:
 *
 *     await using server = ScriptedServer.start((request) =>
 *       request.target === "/v2/" ? {} : { status: 404 });
 *     server.url, server.host; server.requests, server.asked  // what it received
 *
 * `undefined` from the script is a 404. `script` may be set anew at any time. With `tls` it speaks https, by the names of the
 * certificate (Certificates of certificates.ts).
 */
export class ScriptedServer implements AsyncDisposable {
  readonly requests: ScriptedRequest[] = [];
  /** Connections that were opened, whether or not a request came. */
  connections = 0;
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #over = Promise.withResolvers<void>();

  private constructor(
    private readonly listener: Deno.Listener<Deno.Conn>,
    private readonly scheme: string,
    public script: Script,
  ) {
    this.#accepting = this.#accept();
  }

  static start(script: Script, options: { tls?: Issued; port?: number } = {}): ScriptedServer {
    const address = { hostname: "127.0.0.1", port: options.port ?? 0 };
    if (options.tls === undefined) {
      return new ScriptedServer(Deno.listen(address), "http", script);
    }
    const cert = Deno.readTextFileSync(options.tls.certificate);
    const key = Deno.readTextFileSync(options.tls.key);
    return new ScriptedServer(Deno.listenTls({ ...address, cert, key }), "https", script);
  }

  get port(): number {
    const { addr } = this.listener;
    if (addr.transport !== "tcp") throw new Error("Expected a TCP listener");
    return addr.port;
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.scheme}://${this.host}`;
  }

  /** The same server by another name of the loopback. */
  urlBy(name: string): string {
    return `${this.scheme}://${name}:${this.port}`;
  }

  /** `GET /v2/`, in their order. */
  get asked(): string[] {
    return this.requests.map(({ method, target }) => `${method} ${target}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.resolve();
    this.listener.close();
    for (const connection of this.#open) close(connection);
    await this.#accepting;
    await Promise.all(this.#tasks);
  }

  async #accept(): Promise<void> {
    for (;;) {
      let connection: Deno.Conn;
      try {
        connection = await this.listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        continue; // a handshake that failed
      }
      const number = this.connections++;
      this.#open.add(connection);
      const task = this.#serve(connection, number).catch(() => {}).finally(() => {
        this.#open.delete(connection);
        close(connection);
        this.#tasks.delete(task);
      });
      this.#tasks.add(task);
    }
  }

  async #serve(connection: Deno.Conn, number: number): Promise<void> {
    const input = new Input(connection);
    for (;;) {
      const request = await input.request(this.requests.length, number);
      if (request === undefined) return;
      this.requests.push(request);
      const answer = await this.script(request) ?? { status: 404 };
      if (answer.silent) await this.#over.promise;
      if (answer.after !== undefined) await this.#unlessOver(answer.after);
      if (answer.raw !== undefined) return await writeAll(connection, encode(answer.raw));
      if (!await this.#answer(connection, request.method, answer)) return;
    }
  }

  /** @returns whether the connection can be kept */
  async #answer(
    connection: Deno.Conn,
    method: string,
    answer: ScriptedAnswer,
  ): Promise<boolean> {
    const { status = 200, body = "", cutAfter, stallAfter } = answer;
    const whole = typeof body === "string" ? encode(body) : body;
    const length = answer.length ?? (whole instanceof Uint8Array ? whole.byteLength : "chunked");
    const framed = length === "chunked" ? chunk : (piece: Uint8Array) => piece;
    await writeAll(connection, headOf(status, answer.headers ?? {}, length));
    if (method === "HEAD" || status === 304 || status === 204) return true;
    const stop = Math.min(cutAfter ?? Infinity, stallAfter ?? Infinity);
    let sent = 0;
    for await (const piece of whole instanceof Uint8Array ? [whole] : whole) {
      const before = piece.subarray(0, Math.max(0, stop - sent));
      await writeAll(connection, framed(before));
      const rest = piece.subarray(before.byteLength);
      sent += piece.byteLength;
      if (rest.byteLength === 0 && sent < stop) continue;
      if (cutAfter !== undefined) return false;
      if (stallAfter !== undefined) await this.#unlessOver(answer.until ?? this.#over.promise);
      await writeAll(connection, framed(rest));
    }
    if (length === "chunked") await writeAll(connection, encode("0\r\n\r\n"));
    return cutAfter === undefined && length !== "none";
  }

  async #unlessOver(event: Promise<unknown>): Promise<void> {
    await Promise.race([event, this.#over.promise]);
  }
}

/** Reads requests from a connection. */
class Input {
  #buffer: Uint8Array = new Uint8Array();

  constructor(private readonly connection: Deno.Conn) {}

  /** Undefined: the client has left. */
  async request(number: number, connection: number): Promise<ScriptedRequest | undefined> {
    let end: number;
    while ((end = headEnd(this.#buffer)) < 0) {
      if (!await this.#more()) return undefined;
    }
    const head = new TextDecoder().decode(this.#buffer.subarray(0, end));
    this.#buffer = this.#buffer.subarray(end + 4);
    const [line = "", ...lines] = head.split("\r\n");
    const [method = "", target = ""] = line.split(" ");
    const headers = new Headers();
    for (const each of lines) {
      const colon = each.indexOf(":");
      headers.append(each.slice(0, colon), each.slice(colon + 1).trim());
    }
    const length = Number(headers.get("content-length") ?? 0);
    while (this.#buffer.byteLength < length) if (!await this.#more()) return undefined;
    const body = new TextDecoder().decode(this.#buffer.subarray(0, length));
    this.#buffer = this.#buffer.subarray(length);
    return { method, target, headers, body, number, connection };
  }

  async #more(): Promise<boolean> {
    const read = new Uint8Array(16_384);
    const count = await this.connection.read(read).catch(() => null);
    if (count === null) return false;
    const joined = new Uint8Array(this.#buffer.byteLength + count);
    joined.set(this.#buffer);
    joined.set(read.subarray(0, count), this.#buffer.byteLength);
    this.#buffer = joined;
    return true;
  }
}

function headOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  length: number | string,
): Uint8Array {
  const lines = [
    `HTTP/1.1 ${status} Scripted`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(length === "chunked" ? ["transfer-encoding: chunked"] : []),
    ...(typeof length === "number" ? [`content-length: ${length}`] : []),
  ];
  return encode(`${lines.join("\r\n")}\r\n\r\n`);
}

function headEnd(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < bytes.byteLength; at++) {
    const isEnd = [13, 10, 13, 10].every((byte, index) => bytes[at + index] === byte);
    if (isEnd) return at;
  }
  return -1;
}

function chunk(piece: Uint8Array): Uint8Array {
  if (piece.byteLength === 0) return piece;
  const size = encode(`${piece.byteLength.toString(16)}\r\n`);
  const all = new Uint8Array(size.byteLength + piece.byteLength + 2);
  all.set(size);
  all.set(piece, size.byteLength);
  all.set([13, 10], size.byteLength + piece.byteLength);
  return all;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
