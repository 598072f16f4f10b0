/** The socket on which a service tells systemd how it is (sd_notify(3)). */
export class NotifySocket implements AsyncDisposable {
  readonly told: string[] = [];
  readonly #listener: Deno.DatagramConn;
  readonly #reading: Promise<void>;

  constructor(readonly path: string) {
    this.#listener = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#reading = this.#read();
  }

  /** Whether it was told this as often. */
  has(line: string, times = 1): boolean {
    return this.told.filter((told) => told === line).length >= times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#listener) {
      this.told.push(...new TextDecoder().decode(bytes).split("\n"));
    }
  }
}
