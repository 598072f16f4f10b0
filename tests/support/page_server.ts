/** A web server of one empty page: the origin of a browser's scripts. */
export class PageServer implements AsyncDisposable {
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<title>page</title>", { headers: { "content-type": "text/html" } }),
  );

  /** Scheme, address and port. */
  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
