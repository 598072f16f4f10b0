/** An answer, its body counted and dropped. */
export interface Answer {
  readonly status: number;
  /** The head as text, to look a header up in. */
  readonly head: string;
  /** In bytes; as sent, without the framing of chunks. */
  readonly bodyLength: number;
}

/** Where a server is reached on the loopback. */
export interface Endpoint {
  readonly port: number;
  /** PEM of the authority that signed the server's certificate: over TLS. Absent: plain. */
  readonly authority?: string | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const HEAD_END = encoder.encode("\r\n\r\n");

/**
 * One keep-alive connection of a load generator: as little work per request as can be, so that the server is what is measured.
 * Bodies are written from shared buffers and read into one that is used again.
 */
export class Connection implements Disposable {
  #connection: Deno.TcpConn | Deno.TlsConn | undefined;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;

  /** @param bufferSize bytes read at once: large for large downloads */
  constructor(readonly endpoint: Endpoint, bufferSize = 256 * 1024) {
    this.#buffer = new Uint8Array(bufferSize);
  }

  /** Sends a request and reads its whole answer. @throws when the status isn't `expected` */
  async exchange(
    expected: number,
    method: string,
    target: string,
    headers = "",
    ...body: Uint8Array<ArrayBuffer>[]
  ): Promise<Answer> {
    const length = body.reduce((sum, part) => sum + part.length, 0);
    const framing = method === "GET" || method === "HEAD" ? "" : `Content-Length: ${length}\r\n`;
    await this.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${framing}${headers}\r\n`, ...body);
    const answer = await this.answer(method === "HEAD");
    if (answer.status !== expected) {
      const got = `${answer.head}\n${decoder.decode(this.#buffer.subarray(0, 300))}`;
      throw new Error(`${method} ${target}: expected ${expected}, got ${got}`);
    }
    return answer;
  }

  /** Writes a head and parts of a body, as they are. */
  async send(head: string, ...body: Uint8Array<ArrayBuffer>[]): Promise<void> {
    const connection = await this.#open();
    for (const part of [encoder.encode(head), ...body]) {
      for (let at = 0; at < part.length;) at += await connection.write(part.subarray(at));
    }
  }

  /** Reads one answer to its end. */
  async answer(toHead = false): Promise<Answer> {
    const head = await this.#readHead();
    const status = Number(head.slice(9, 12));
    if (status === 100) return await this.answer(toHead);
    const bodyLength = toHead || status === 204 || status === 304 ? 0 : await this.#drain(head);
    if (/^connection: close/im.test(head)) this[Symbol.dispose]();
    return { status, head, bodyLength };
  }

  /** Reads at least `bytes` of what comes, and no more than a buffer beyond: for a reader that then stalls. */
  async readSome(bytes: number): Promise<void> {
    const connection = await this.#open();
    for (let read = 0; read < bytes;) {
      const count = await connection.read(this.#buffer);
      if (count === null) throw new Error("Cannot read on: the server closed the connection");
      read += count;
    }
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#filled = 0;
  }

  async #open(): Promise<Deno.TcpConn | Deno.TlsConn> {
    return this.#connection ??= await connect(this.endpoint);
  }

  async #readHead(): Promise<string> {
    while (true) {
      const end = indexOf(this.#buffer, HEAD_END, this.#filled);
      if (end >= 0) {
        const head = decoder.decode(this.#buffer.subarray(0, end));
        this.#consume(end + HEAD_END.length);
        return head;
      }
      await this.#fill();
    }
  }

  /** Drops the body. @returns its length */
  async #drain(head: string): Promise<number> {
    if (/^transfer-encoding: chunked/im.test(head)) return await this.#drainChunks();
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    await this.#skip(length);
    return length;
  }

  async #drainChunks(): Promise<number> {
    for (let total = 0;;) {
      let end: number;
      while ((end = this.#buffer.subarray(0, this.#filled).indexOf(10)) < 0) await this.#fill();
      const size = parseInt(decoder.decode(this.#buffer.subarray(0, end)), 16);
      this.#consume(end + 1);
      await this.#skip(size + 2);
      if (size === 0) return total;
      total += size;
    }
  }

  async #skip(length: number): Promise<void> {
    let left = length - this.#filled;
    if (left <= 0) return this.#consume(length);
    this.#filled = 0;
    const connection = await this.#open();
    while (left > 0) {
      const count = await connection.read(
        left < this.#buffer.length ? this.#buffer.subarray(0, left) : this.#buffer,
      );
      if (count === null) throw new Error("Cannot read a body: the server closed the connection");
      left -= count;
    }
  }

  async #fill(): Promise<void> {
    const connection = await this.#open();
    const count = await connection.read(this.#buffer.subarray(this.#filled));
    if (count === null || count === 0) {
      this[Symbol.dispose]();
      throw new Error("Cannot read an answer: the server closed the connection");
    }
    this.#filled += count;
  }

  #consume(length: number): void {
    this.#buffer.copyWithin(0, length, this.#filled);
    this.#filled -= length;
  }
}

async function connect({ port, authority }: Endpoint): Promise<Deno.TcpConn | Deno.TlsConn> {
  const hostname = "127.0.0.1";
  const connection = await Deno.connect({ hostname, port });
  connection.setNoDelay(true);
  if (authority === undefined) return connection;
  // not connectTls(), whose connections lack setNoDelay(): the first request would wait 40 ms for an acknowledgement
  const secure = await Deno.startTls(connection, { hostname, caCerts: [authority] });
  try {
    await secure.handshake();
    return secure;
  } catch (error) {
    secure.close();
    throw error;
  }
}

function indexOf(buffer: Uint8Array, mark: Uint8Array, end: number): number {
  let at = -1;
  while ((at = buffer.indexOf(mark[0] ?? 0, at + 1)) >= 0 && at + mark.length <= end) {
    if (mark.every((byte, index) => buffer[at + index] === byte)) return at;
  }
  return -1;
}
