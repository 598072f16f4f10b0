import type { Handler } from "../../src/http/exchange.ts";
import { type Listener, type ListenerOptions, startListener } from "../../src/http/listener.ts";
import { RawConnection } from "./raw_http.ts";

/** A listener on a loopback port, in the process of the test. */
export class Listening implements AsyncDisposable {
  private constructor(
    readonly listener: Listener,
    readonly port: number,
    /** What no handler has dealt with. */
    readonly faults: unknown[],
  ) {}

  /** Limits that a test does not name are longer than any test. */
  static async start(
    handler: Handler,
    options: Partial<ListenerOptions> = {},
  ): Promise<Listening> {
    const faults: unknown[] = [];
    const listener = await startListener({
      address: { net: "tcp", host: "127.0.0.1", port: 0 },
      headerTimeout: 60_000,
      idleTimeout: 60_000,
      bodyTimeout: 60_000,
      maxHeaderBytes: 32 * 1024,
      onFault: (error) => faults.push(error),
      ...options,
    }, handler);
    const port = listener.address.net === "tcp" ? listener.address.port : 0;
    return new Listening(listener, port, faults);
  }

  connect(): Promise<RawConnection> {
    return RawConnection.open(this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.stop(0);
  }
}

/** The head of a request, with a Host. */
export function head(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, "Host: a", ...headers, "", ""].join("\r\n");
}

/** All bytes of a body, as text. */
export async function textOf(body: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text;
}
