import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { Accepting } from "./accepting.ts";
import type { Address } from "./address.ts";
import { statusLineFor } from "./broken_request.ts";
import { type Arrival, Connection } from "./connection.ts";
import { type ConnectionLimits, connectionLimits } from "./connection_limits.ts";
import { ClientGoneError, type Handler } from "./exchange.ts";
import { NodeExchange, type Shared } from "./node_exchange.ts";
import { Pump } from "./pump.ts";
import { refuse } from "./refuse.ts";
import { refuseShape } from "./request_shape.ts";
import { StallWatch } from "./stall_watch.ts";
import { removeSocket } from "./unix_socket.ts";

export interface ListenerOptions {
  readonly address: Address;
  /** For the head of a request, from its first byte (of the first one: from the connection's start), in milliseconds. */
  readonly headerTimeout: number;
  /** For a connection without a request. */
  readonly idleTimeout: number;
  /** For a body, in either direction, that makes no progress. */
  readonly bodyTimeout: number;
  readonly maxHeaderBytes: number;
  /** One connection more is closed at once. By default as many as leave files to be opened. */
  readonly connectionLimits?: ConnectionLimits;
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

/** Opens the port or socket. Rejects with the system's error when it cannot be had. */
export async function startListener(options: ListenerOptions, handler: Handler): Promise<Listener> {
  const limits = options.connectionLimits ?? await connectionLimits();
  const front = new Front(options, limits, handler);
  const address = await front.listen();
  return { address, stop: (graceMs) => front.stop(graceMs) };
}

/** How often connections and transfers are looked at: limits are kept with this tolerance. */
const LOOK_MS = 1000;
/** Limits that are short (tests) are looked at this many times while they run. */
const LOOKS = 4;
/** Connections that are turned away make one line in the log within this time. */
const TELL_AGAIN_MS = 60_000;

class Front {
  readonly #server: Server;
  readonly #accepting: Accepting;
  readonly #shared: Shared;
  readonly #connections = new Map<Socket, Connection>();
  readonly #lookMs: number;
  #turnedAwayAt = -Infinity;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly options: ListenerOptions,
    private readonly limits: ConnectionLimits,
    private readonly handler: Handler,
  ) {
    const { headerTimeout, idleTimeout, bodyTimeout } = options;
    const watch = new StallWatch(bodyTimeout);
    this.#shared = { watch, pump: new Pump(watch), secure: false };
    this.#lookMs = Math.min(
      LOOK_MS,
      headerTimeout / LOOKS,
      idleTimeout / LOOKS,
      bodyTimeout / LOOKS,
    );
    this.#server = this.#createServer();
    const { address, onFault } = options;
    const { backlog, connections } = limits;
    this.#accepting = new Accepting(this.#server, {
      address,
      backlog,
      crowd: connections / 2,
      onFault,
    });
    this.#hear();
  }

  async listen(): Promise<Address> {
    const address = await this.#accepting.open();
    this.#looking = setInterval(() => this.#look(), this.#lookMs);
    return address;
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#accepting.stop();
    const closed = new Promise<boolean>((resolve) => this.#server.close(() => resolve(true)));
    for (const connection of this.#connections.values()) connection.retire();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(this.#isOver()), graceMs);
    });
    const inTime = await Promise.race([closed, late]);
    clearTimeout(timer);
    for (const socket of this.#connections.keys()) socket.destroy();
    await closed;
    clearInterval(this.#looking);
    if (this.options.address.net === "unix") await removeSocket(this.options.address.path);
    return inTime;
  }

  #isOver(): boolean {
    return this.#connections.keys().every((socket) => socket.destroyed);
  }

  #createServer(): Server {
    const options: ServerOptions & { optimizeEmptyRequests: boolean } = {
      maxHeaderSize: this.options.maxHeaderBytes,
      headersTimeout: this.options.headerTimeout,
      connectionsCheckingInterval: this.#lookMs,
      // A large upload takes as long as it takes; the stall watch ends a dead one.
      requestTimeout: 0,
      // Node's own would set a timer after every answer (a fifth of a small request's cost); Connection.look does it.
      keepAliveTimeout: 0,
      // Requests without a body need no stream; another tenth.
      optimizeEmptyRequests: true,
      noDelay: true,
      requireHostHeader: false, // refuseShape does
    };
    const server = createServer(options);
    server.maxHeadersCount = 0; // cuts the rest off in silence; refuseShape refuses
    // A client may close its sending side and wait for the answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    return server;
  }

  #hear(): void {
    const server = this.#server;
    server.on("connection", (socket: Socket) => this.#welcome(socket));
    server.on("request", (request, response) => this.#arrive(request, response, false));
    server.on("checkContinue", (request, response) => this.#arrive(request, response, true));
    server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.#connections.get(request.socket);
      const reason = "the only expectation that is met here is 100-continue";
      if (connection) refuse({ request, response, expects: true }, connection, 417, reason);
    });
    server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
      const statusLine = statusLineFor(error.code);
      const connection = this.#connections.get(socket);
      if (statusLine === undefined || connection === undefined) socket.destroy();
      else connection.fail(statusLine);
    });
    // Without a listener node drops the connection unanswered. (An Upgrade that nobody listens for is an ordinary request.)
    server.on("connect", (_request: IncomingMessage, socket: Socket) => {
      this.#connections.get(socket)?.fail("400 Bad Request");
    });
  }

  #welcome(socket: Socket): Connection | undefined {
    socket.on("error", () => socket.destroy()); // the peer's business
    this.#accepting.accepted(this.#connections.size);
    if (this.#connections.size >= this.limits.connections) return this.#turnAway(socket);
    const connection = new Connection(socket, (arrival) => this.#begin(arrival, connection));
    this.#connections.set(socket, connection);
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("end", () => connection.onEnd());
    return connection;
  }

  #turnAway(socket: Socket): undefined {
    socket.destroy();
    const now = performance.now();
    if (now - this.#turnedAwayAt < TELL_AGAIN_MS) return;
    this.#turnedAwayAt = now;
    const most = this.limits.connections;
    this.options.onFault(
      new Error(
        `Cannot take more connections: ${most} are open. Close some, or raise the limit of open files (ulimit -n)`,
      ),
    );
  }

  #arrive(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    const { socket } = request;
    // node:http of older Deno tells of no connections
    const connection = this.#connections.get(socket) ?? this.#welcome(socket);
    connection?.arrive({ request, response, expects });
  }

  #begin(arrival: Arrival, connection: Connection): void {
    const refusal = refuseShape(arrival.request);
    if (refusal) {
      refuse(arrival, connection, refusal.status, refusal.reason);
      connection.done();
      return;
    }
    const exchange = new NodeExchange(arrival, connection, this.#shared);
    this.#handle(exchange).then(() => connection.done());
  }

  async #handle(exchange: NodeExchange): Promise<void> {
    try {
      await this.handler(exchange);
      if (!exchange.replied && !exchange.isGone) {
        throw new Error(`Cannot answer ${exchange.target}: nothing replied`);
      }
    } catch (error) {
      if (!(error instanceof ClientGoneError)) this.options.onFault(error);
      exchange.destroy();
    }
  }

  #look(): void {
    const now = performance.now();
    const { idleTimeout, bodyTimeout } = this.options;
    this.#shared.watch.look(now);
    this.#accepting.look(now);
    for (const connection of this.#connections.values()) {
      connection.look(now, idleTimeout, bodyTimeout);
    }
  }
}
