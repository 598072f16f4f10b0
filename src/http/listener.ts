import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { Accepting } from "./accepting.ts";
import type { Address, InheritedSocket } from "./address.ts";
import { statusLineFor } from "./broken_request.ts";
import { type Arrival, type ClientFacts, Connection } from "./connection.ts";
import { type ConnectionLimits, connectionLimits } from "./connection_limits.ts";
import { ClientGoneError, type Handler } from "./exchange.ts";
import { NodeExchange, type Shared } from "./node_exchange.ts";
import { Pump } from "./pump.ts";
import { refuse, refuseClient } from "./refuse.ts";
import { refuseShape } from "./request_shape.ts";
import { StallWatch } from "./stall_watch.ts";
import { Handshakes } from "./tls/handshakes.ts";
import type { Tls } from "./tls/tls.ts";
import { removeSocket } from "./unix_socket.ts";

export interface ListenerOptions {
  readonly address: Address;
  /** Listened on in place of the address; it is not removed when it stops. */
  readonly inherited?: InheritedSocket | undefined;
  /** For the head of a request, from its first byte (of the first one: from the connection's start), in milliseconds. */
  readonly headerTimeout: number;
  /** For a connection without a request. */
  readonly idleTimeout: number;
  /** For a body, in either direction, that makes no progress. */
  readonly bodyTimeout: number;
  readonly maxHeaderBytes: number;
  /** One connection more is closed at once. By default as many as leave files to be opened. */
  readonly connectionLimits?: ConnectionLimits;
  /** Absent: plain HTTP. Whoever opened it closes it, after the listener. */
  readonly tls?: Tls | undefined;
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
  /** Resolves when it accepts no more although nobody stopped it: it has to be started anew. */
  readonly lost: Promise<void>;
  /** Connections that are open now, and requests on them that are being answered. */
  load(): { readonly connections: number; readonly exchanges: number };
}

/** Opens the port or socket. Rejects with the system's error when it cannot be had. */
export async function startListener(options: ListenerOptions, handler: Handler): Promise<Listener> {
  const limits = options.connectionLimits ?? await connectionLimits();
  const front = new Front(options, limits, handler);
  const address = await front.listen();
  return {
    address,
    stop: (graceMs) => front.stop(graceMs),
    lost: front.lost,
    load: () => front.load(),
  };
}

/** How often connections and transfers are looked at: limits are kept with this tolerance. */
const LOOK_MS = 1000;
/** Limits that are short (tests) are looked at this many times while they run. */
const LOOKS = 4;
/** Connections that are turned away make one line in the log within this time. */
const TELL_AGAIN_MS = 60_000;

class Front {
  readonly lost: Promise<void>;
  readonly #server: Server;
  readonly #accepting: Accepting;
  readonly #shared: Shared;
  readonly #connections = new Map<Socket, Connection>();
  /** With TLS only. */
  #handshakes: Handshakes | undefined;
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
    this.#shared = { watch, pump: new Pump(watch), secure: options.tls !== undefined };
    this.#lookMs = Math.min(
      LOOK_MS,
      headerTimeout / LOOKS,
      idleTimeout / LOOKS,
      bodyTimeout / LOOKS,
    );
    this.#server = this.#createServer();
    const { promise: lost, resolve: onLost } = Promise.withResolvers<void>();
    this.lost = lost;
    const { address, inherited, onFault } = options;
    const { backlog, connections } = limits;
    this.#accepting = new Accepting(this.#server, {
      address,
      inherited,
      backlog,
      crowd: connections / 2,
      onFault,
      onLost,
    });
    this.#hear();
  }

  async listen(): Promise<Address> {
    const address = await this.#accepting.open();
    this.#looking = setInterval(() => this.#look(), this.#lookMs);
    return address;
  }

  load(): { connections: number; exchanges: number } {
    const connections = this.#connections.size;
    let exchanges = 0;
    for (const { running } of this.#connections.values()) exchanges += running;
    return { connections, exchanges };
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#accepting.stop();
    this.#handshakes?.stop();
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
    const { address, inherited } = this.options;
    if (address.net === "unix" && inherited === undefined) await removeSocket(address.path);
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
    const server = this.#open(options);
    server.maxHeadersCount = 0; // cuts the rest off in silence; refuseShape refuses
    // A client may close its sending side and wait for the answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    return server;
  }

  #open(options: ServerOptions): Server {
    const { tls } = this.options;
    if (tls === undefined) return createServer(options);
    const server = createSecureServer({
      ...options,
      ...tls.terms.context,
      requestCert: tls.asksForCertificates,
      rejectUnauthorized: false, // tls.judge says more than a reset would
      handshakeTimeout: -1, // Handshakes sees to it without a timer for each
    });
    this.#handshakes = new Handshakes(server, {
      tls,
      limit: this.options.headerTimeout,
      onSecure: (socket, client) => this.#add(socket, client),
      onFault: this.options.onFault,
    });
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
    const handshakes = this.#handshakes;
    const count = this.#connections.size + (handshakes?.size ?? 0);
    this.#accepting.accepted(count);
    if (count >= this.limits.connections && !handshakes?.endOldest()) return this.#turnAway(socket);
    if (handshakes === undefined) return this.#add(socket, {});
    handshakes.add(socket);
  }

  #add(socket: Socket, client: ClientFacts): Connection {
    const connection = new Connection(
      socket,
      (arrival) => this.#begin(arrival, connection),
      client,
    );
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
    // node:http of older Deno tells of no connections; over TLS that would be one whose client was not judged
    const connection = this.#connections.get(socket) ??
      (this.#handshakes ? undefined : this.#welcome(socket));
    if (connection) connection.arrive({ request, response, expects });
    else socket.destroy();
  }

  #begin(arrival: Arrival, connection: Connection): void {
    if (this.#refuses(arrival, connection)) return connection.done();
    const exchange = new NodeExchange(arrival, connection, this.#shared);
    this.#handle(exchange).then(() => connection.done());
  }

  #refuses(arrival: Arrival, connection: Connection): boolean {
    const reason = connection.client.refusal;
    const shape = refuseShape(arrival.request);
    if (reason !== undefined) refuseClient(arrival, connection, reason);
    else if (shape !== undefined) refuse(arrival, connection, shape.status, shape.reason);
    return reason !== undefined || shape !== undefined;
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
    this.#handshakes?.look(now);
    for (const connection of this.#connections.values()) {
      connection.look(now, idleTimeout, bodyTimeout);
    }
  }
}
