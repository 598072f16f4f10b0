import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Address } from "./address.ts";
import type { Exchange, Handler } from "./exchange.ts";
import { DRAIN_BYTES, NodeExchange } from "./node_exchange.ts";
import { Pump } from "./pump.ts";
import { refuseShape } from "./request_shape.ts";
import { StallWatch } from "./stall_watch.ts";

/** How long the rest of a refused body may take before the connection is cut. */
const LINGER_MS = 2000;
/** A second in all, at stop, for the last answers to leave the sockets' buffers. */
const FLUSH_STEP_MS = 50;
const FLUSH_STEPS = 20;

export interface ListenerOptions {
  readonly address: Address;
  /** For the head of a request, from its first byte, in milliseconds. */
  readonly headerTimeout: number;
  /** For a connection without a request. */
  readonly idleTimeout: number;
  /** For a body, in either direction, that makes no progress. */
  readonly bodyTimeout: number;
  readonly maxHeaderBytes: number;
  /** A fault that no handler has dealt with: reported, never fatal. */
  readonly onFault: (error: unknown) => void;
}

export interface Listener {
  /** With the real port, when 0 was asked for. */
  readonly address: Address;
  /**
   * Stops accepting, ends idle connections, and lets running exchanges finish.
   * @returns false when some had to be cut after `graceMs`
   */
  stop(graceMs: number): Promise<boolean>;
}

/** Opens the port. Rejects with the system's error when it cannot be had. */
export async function startListener(options: ListenerOptions, handler: Handler): Promise<Listener> {
  const front = new Front(options, handler);
  const address = await front.listen();
  return { address, stop: (graceMs) => front.stop(graceMs) };
}

class Front {
  readonly #server: Server;
  readonly #watch: StallWatch;
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  readonly pump: Pump;
  readonly secure = false;
  stopping = false;

  constructor(private readonly options: ListenerOptions, private readonly handler: Handler) {
    this.#watch = new StallWatch(options.bodyTimeout);
    this.pump = new Pump(this.#watch);
    this.#server = createServer({
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: options.headerTimeout,
      requestTimeout: 0, // a large upload takes as long as it takes; the stall watch ends a dead one
      keepAliveTimeout: options.idleTimeout,
      connectionsCheckingInterval: Math.min(1000, options.headerTimeout),
      noDelay: true,
      requireHostHeader: false, // refuseShape answers that itself
    });
    this.#server.maxHeadersCount = 0; // truncates in silence; refuseShape refuses
    this.#listen();
  }

  get watch(): StallWatch {
    return this.#watch;
  }

  listen(): Promise<Address> {
    const { promise, resolve, reject } = Promise.withResolvers<Address>();
    const { address } = this.options;
    this.#server.once("error", reject);
    const listening = () => {
      this.#server.off("error", reject);
      this.#server.on("error", this.options.onFault);
      const bound = this.#server.address();
      resolve(
        address.net === "tcp" && typeof bound === "object" && bound
          ? { ...address, port: bound.port }
          : address,
      );
    };
    if (address.net === "unix") this.#server.listen(address.path, listening);
    else this.#server.listen(address.port, address.host, listening);
    return promise;
  }

  async stop(graceMs: number): Promise<boolean> {
    this.stopping = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) =>
      timer = setTimeout(() => resolve(false), graceMs)
    );
    const finished = Promise.all([...this.#running]).then(() => true);
    const inTime = await Promise.race([finished, late]);
    clearTimeout(timer);
    if (inTime) await this.#flushed();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    return inTime;
  }

  /** A moment for the last answers to leave; what then still lies in a socket's buffer belongs to a client that does not read. */
  async #flushed(): Promise<void> {
    for (
      let tries = 0;
      tries < FLUSH_STEPS && [...this.#sockets].some((socket) => socket.writableLength > 0);
      tries++
    ) {
      await new Promise((resolve) => setTimeout(resolve, FLUSH_STEP_MS));
    }
  }

  #listen(): void {
    const server = this.#server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy()); // the peer's business
    });
    server.on("request", (request, response) => this.#begin(request, response, false));
    server.on("checkContinue", (request, response) => this.#begin(request, response, true));
    server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
      refuse(response, 417, "the only Expect is 100-continue");
    });
    server.on(
      "clientError",
      (error: Error & { code?: string }, socket: Socket) => answerBroken(error, socket),
    );
    // Nothing of ours is ever upgraded; without a listener node would drop the connection unanswered.
    server.on(
      "upgrade",
      (_request: IncomingMessage, socket: Socket) => endWith(socket, "400 Bad Request"),
    );
    server.on(
      "connect",
      (_request: IncomingMessage, socket: Socket) => endWith(socket, "400 Bad Request"),
    );
  }

  #begin(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    request.on("error", () => {}); // a broken connection shows in the body, or not at all
    response.on("error", () => {});
    const refusal = refuseShape(request);
    if (refusal) return refuse(response, refusal.status, refusal.reason);
    const exchange = new NodeExchange(request, response, this, expects);
    const run = this.#answer(exchange, request, response);
    this.#running.add(run);
    run.finally(() => this.#running.delete(run));
  }

  async #answer(
    exchange: NodeExchange,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      await this.handler(exchange as Exchange);
      if (!response.writableEnded && !response.destroyed) exchange.destroy();
      else if (exchange.hasUnread) drain(request, exchange.mustClose);
    } catch (error) {
      this.options.onFault(error);
      exchange.destroy();
    }
  }
}

/**
 * Reads and drops what is left of a body, within limits, so that the client sees the answer instead of a reset.
 * @param close whether the connection ends then
 */
function drain(request: IncomingMessage, close: boolean): void {
  let left = DRAIN_BYTES;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const stop = () => clearTimeout(timer);
  request.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  request.on("end", () => {
    stop();
    if (close) socket.end();
  });
  socket.once("close", stop);
  request.once("close", () => socket.off("close", stop));
  request.resume();
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `${reason}\n`;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Content-Length": body.length,
    Connection: "close",
  });
  response.end(body);
}

/** What the parser could not read, or what did not come in time. */
function answerBroken(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const line = error.code === "HPE_HEADER_OVERFLOW"
    ? "431 Request Header Fields Too Large"
    : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
    ? "408 Request Timeout"
    : "400 Bad Request";
  endWith(socket, line);
}

function endWith(socket: Socket, line: string): void {
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.destroySoon();
}
