/**
 * An HTTP proxy on the loopback that leads every CONNECT to one port of the loopback, whatever name was asked for. So a client that
 * would treat 127.0.0.1 specially (docker never checks its certificate) talks to a registry by another address.
 */
export class ConnectProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;

  constructor(private readonly target: number) {
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
    await this.#accepting;
    await Promise.all(this.#tasks);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const task = this.#tunnel(client).catch(() => {}).finally(() => this.#tasks.delete(task));
        this.#tasks.add(task);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #tunnel(client: Deno.Conn): Promise<void> {
    this.#open.add(client);
    let server: Deno.Conn | undefined;
    try {
      await readHead(client);
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      this.#open.add(server);
      await client.write(new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
      await Promise.race([copy(client, server), copy(server, client)]);
    } finally {
      for (const connection of [client, server]) {
        if (connection === undefined) continue;
        this.#open.delete(connection);
        close(connection);
      }
    }
  }
}

/** Passes over a request's head. No client sends more before the answer. */
async function readHead(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4_096);
  for (let text = ""; !text.endsWith("\r\n\r\n");) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("Cannot read the head of a CONNECT: the client has left");
    text += new TextDecoder().decode(buffer.subarray(0, count));
    if (!text.startsWith("CONNECT ".slice(0, text.length))) throw new Error("Expected a CONNECT");
  }
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
    for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
