/** An answer as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  /** Names as they were sent, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** The first value of a header, by any case of its name. */
  header(name: string): string | undefined;
}

/** A TCP or TLS connection on which a test writes any bytes it likes. Each wait has a limit. */
export class RawConnection implements Disposable {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array();

  private constructor(
    readonly connection: Deno.TcpConn | Deno.TlsConn,
    readonly limit: number,
  ) {}

  /** @param limit of each read, in milliseconds */
  static async open(port: number, limit = 20_000): Promise<RawConnection> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new RawConnection(connection, limit);
  }

  /** Over TLS. @param authority PEM text of the CA that the server's certificate must come from */
  static async openTls(port: number, authority: string, limit = 20_000): Promise<RawConnection> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    const secure = await Deno.startTls(connection, { hostname: "localhost", caCerts: [authority] });
    try {
      await secure.handshake();
    } catch (error) {
      secure.close();
      throw error;
    }
    return new RawConnection(secure, limit);
  }

  /** Writes text (as Latin-1, so that any byte can be named) or bytes. */
  async send(data: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const bytes = typeof data === "string" ? latin1(data) : data;
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  /** Reads one answer; `head` for the answer to a HEAD. @throws when the connection ends before it is complete */
  async response(head = false): Promise<RawResponse> {
    const [statusLine = "", ...lines] = (await this.#until("\r\n\r\n")).split("\r\n");
    const headers = lines.filter((line) => line !== "").map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const header = (name: string) =>
      headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    const status = Number(statusLine.split(" ")[1]);
    const none = head || status < 200 || status === 204 || status === 304;
    return { status, headers, header, body: none ? new Uint8Array() : await this.#body(header) };
  }

  /** Whether the server has closed, after reading and dropping what it still sent. */
  async closed(): Promise<boolean> {
    const deadline = Date.now() + this.limit;
    while (Date.now() < deadline) {
      const more = await this.#fill().catch(() => false);
      if (!more) return true;
      this.#buffer = new Uint8Array();
    }
    return false;
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // the server was first
    }
  }

  async #body(header: (name: string) => string | undefined): Promise<Uint8Array<ArrayBuffer>> {
    if (header("transfer-encoding") === "chunked") return await this.#chunked();
    const length = header("content-length");
    if (length !== undefined) return await this.#take(Number(length));
    while (await this.#fill());
    return await this.#take(this.#buffer.length);
  }

  async #chunked(): Promise<Uint8Array<ArrayBuffer>> {
    let body = new Uint8Array();
    while (true) {
      const size = parseInt(await this.#until("\r\n"), 16);
      const chunk = await this.#take(size);
      await this.#until("\r\n");
      if (size === 0) return body;
      body = concat(body, chunk);
    }
  }

  async #until(mark: string): Promise<string> {
    while (true) {
      const text = new TextDecoder("latin1").decode(this.#buffer);
      const end = text.indexOf(mark);
      if (end >= 0) {
        this.#buffer = this.#buffer.slice(end + mark.length);
        return text.slice(0, end);
      }
      if (!(await this.#fill())) throw new Error(`Cannot read an answer: it ended at "${text}"`);
    }
  }

  async #take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#buffer.length < length) {
      if (!(await this.#fill())) throw new Error("Cannot read a body: the connection ended in it");
    }
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }

  /** False at the end. */
  async #fill(): Promise<boolean> {
    const into = new Uint8Array(64 * 1024);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this[Symbol.dispose]();
    }, this.limit);
    try {
      const read = await this.connection.read(into);
      if (read === null) return false;
      this.#buffer = concat(this.#buffer, into.subarray(0, read));
      return true;
    } catch (error) {
      if (timedOut) throw new Error(`Cannot read: nothing came for ${this.limit} ms`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function concat(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
