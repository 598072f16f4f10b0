import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { Target } from "../probe.ts";

/** Bytes of a manifest or an error at most. */
const MOST_KEPT = 16 * 1024 * 1024;
/** Without a byte, in milliseconds: upstreams have less time. */
const STALL_MS = 120_000;

export interface ServerAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** Of a blob nothing is kept: empty. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface AskOptions {
  readonly accept?: string;
  /** Told how many bytes came; without it the body is kept. */
  readonly onBytes?: (count: number) => void;
}

/** Asks the running server of this machine, as a client would. */
export class ServerClient {
  constructor(
    private readonly target: Target,
    private readonly authorization: string | undefined,
    private readonly stallMs = STALL_MS,
  ) {}

  /** Rejects when there is no whole answer. @param path with the query */
  async get(path: string, { accept, onBytes }: AskOptions = {}): Promise<ServerAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ServerAnswer>();
    const { secure, place } = this.target;
    const request = (secure ? secureRequest : plainRequest)({
      ...place,
      path,
      agent: false,
      headers: {
        "User-Agent": "berth-prefetch",
        Connection: "close",
        ...(accept !== undefined && { Accept: accept }),
        ...(this.authorization !== undefined && { Authorization: this.authorization }),
      },
      // on this machine a certificate proves nothing, and it names the host by which others know it
      ...(secure && { rejectUnauthorized: this.target.verifies }),
    }, (response) => receive(response, { onBytes, alive: () => rewind(), resolve, reject }));
    const stall = () => reject(new Error(`nothing came for ${this.stallMs / 1000}s`));
    let timer = setTimeout(stall, this.stallMs);
    const rewind = () => {
      clearTimeout(timer);
      timer = setTimeout(stall, this.stallMs);
    };
    request.on("error", reject);
    request.end();
    return await promise.finally(() => {
      clearTimeout(timer);
      request.destroy();
    });
  }
}

interface Receiving {
  readonly onBytes: ((count: number) => void) | undefined;
  readonly alive: () => void;
  readonly resolve: (answer: ServerAnswer) => void;
  readonly reject: (error: Error) => void;
}

function receive(response: IncomingMessage, { onBytes, alive, resolve, reject }: Receiving): void {
  const status = response.statusCode ?? 0;
  const kept: Uint8Array[] = [];
  let count = 0;
  response.on("data", (chunk: Uint8Array) => {
    alive();
    count += chunk.length;
    if (status === 200 && onBytes !== undefined) onBytes(chunk.length);
    else if (count > MOST_KEPT) {
      reject(new Error(`the answer has more than ${MOST_KEPT} bytes`));
      response.destroy();
    } else kept.push(chunk);
  });
  const cut = () => reject(new Error(`the answer was cut after ${count} bytes`));
  response.on("error", cut);
  response.on("close", cut);
  response.on("end", () => {
    const header = (name: string) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    };
    resolve({ status, header, body: joined(kept) });
  });
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
