import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClientFacts } from "../connection.ts";
import { mendBackPressure } from "./back_pressure.ts";
import type { Terms, Tls } from "./tls.ts";

export interface HandshakesOptions {
  readonly tls: Tls;
  /** For a handshake, from the connection's start, in milliseconds. */
  readonly limit: number;
  /** Told of each connection that is up. */
  readonly onSecure: (socket: TLSSocket, client: ClientFacts) => void;
  /** Told, once each, what the runtime has not that this is made for. */
  readonly onFault: (error: Error) => void;
}

interface Open {
  readonly socket: Socket;
  /** In milliseconds, of performance.now(). */
  readonly since: number;
  /** Undefined until the client has said something. */
  terms?: Terms;
}

const LONGEST_REASON = 200;
const OTHER_RUNTIME = "berth was not made for this Deno: take the one that it is released with";
const NO_PARENT =
  `Cannot tell to which connection a TLS handshake belongs, so that it is looked for by its port. ${OTHER_RUNTIME}`;
const NO_BACK_PRESSURE =
  `Cannot hold uploads over TLS back, so that a slow disk costs memory. ${OTHER_RUNTIME}`;
/** What begins a request of HTTP: the letters of a method. */
const [A, Z] = [0x41, 0x5a];
/** In the words of Go's net/http, which clients may know. */
const PLAIN_HTTP = "Client sent an HTTP request to an HTTPS server.";

/**
 * Connections from their start to the end of their handshake. The first byte is looked at before TLS gets to see it, so that plain
 * HTTP gets an answer that can be read.
 */
export class Handshakes {
  /** By their sockets, the oldest first. */
  readonly #open = new Map<unknown, Open>();
  /** What the server was told of last. */
  #terms: Terms | undefined;
  readonly #begin: (socket: Socket) => void;
  readonly #told = new Set<string>();

  /** @param server that does not listen yet; it is given no connection but through `add` */
  constructor(private readonly server: Server, private readonly options: HandshakesOptions) {
    const begins = server.listeners("connection");
    server.removeAllListeners("connection");
    this.#begin = (socket) => {
      for (const begin of begins) begin.call(server, socket);
    };
    server.on("secureConnection", (socket: TLSSocket) => this.#secure(socket));
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.options.tls.failed(reasonOf(error));
      socket.destroy();
    });
  }

  /** Handshakes that are not done. */
  get size(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    const open: Open = { socket, since: performance.now() };
    this.#open.set(socket, open);
    socket.on("close", () => this.#open.delete(socket));
    socket.once("data", (chunk: Uint8Array) => this.#hear(open, chunk));
  }

  /** Ends the one that has been going on for longest. @returns false when there is none */
  endOldest(): boolean {
    const [oldest] = this.#open.values();
    if (oldest === undefined) return false;
    this.#end(oldest.socket, "too many connections");
    return true;
  }

  /** @param now in milliseconds, of performance.now() */
  look(now: number): void {
    for (const { socket, since } of this.#open.values()) {
      if (now - since < this.options.limit) break; // the later ones have time as well
      this.#end(socket, "it took too long");
    }
    this.options.tls.look();
  }

  /** Ends all. */
  stop(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #end(socket: Socket, reason: string): void {
    this.options.tls.failed(reason);
    this.#open.delete(socket);
    socket.destroy();
  }

  #hear(open: Open, chunk: Uint8Array): void {
    const { socket } = open;
    socket.pause();
    const [first = 0] = chunk;
    if (first >= A && first <= Z) return this.#answerPlainly(socket);
    const { terms } = this.options.tls;
    if (this.#terms !== terms) this.server.setSecureContext(terms.context);
    this.#terms = terms;
    open.terms = terms;
    socket.unshift(chunk);
    this.#begin(socket);
  }

  #answerPlainly(socket: Socket): void {
    this.options.tls.failed("plain HTTP was sent");
    socket.on("data", () => {}).resume(); // a reset would take the answer away
    socket.end(
      "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
        `${PLAIN_HTTP}\nUse https:// instead.\n`,
    );
  }

  #secure(socket: TLSSocket): void {
    const raw: unknown = Reflect.get(socket, "_parent") ?? undefined;
    const terms = raw === undefined ? this.#orphaned(socket) : this.#open.get(raw)?.terms;
    this.#open.delete(raw);
    if (terms === undefined) return void socket.destroy(); // it is being ended
    socket.allowHalfOpen = true; // as node:http has it; a handshake has no use for half a connection
    if (!mendBackPressure(socket)) this.#tell(NO_BACK_PRESSURE);
    const client = judged(terms, socket);
    if (client.refusal !== undefined) this.options.tls.failed(client.refusal);
    this.options.onSecure(socket, client);
  }

  /** Forgets the connection of a TLS socket that doesn't name it, which would be ended as one whose handshake is late. */
  #orphaned({ remoteAddress, remotePort }: TLSSocket): Terms | undefined {
    this.#tell(NO_PARENT);
    const open = [...this.#open.values()].filter(({ terms }) => terms !== undefined);
    if (remotePort === undefined || open.some(({ socket }) => socket.remotePort === undefined)) {
      // on a unix socket it may be any of these: rather none is ended
      for (const { socket } of open) this.#open.delete(socket);
      return this.options.tls.terms;
    }
    const own = open.findLast(({ socket }) =>
      socket.remoteAddress === remoteAddress && socket.remotePort === remotePort
    );
    this.#open.delete(own?.socket);
    return own?.terms;
  }

  #tell(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.options.onFault(new Error(sentence));
  }
}

/** In the runtime's words, but for those that mislead. */
function reasonOf({ message }: Error): string {
  if (message.startsWith("peer is incompatible")) {
    return "no TLS version or cipher suite in common with the client";
  }
  return message === "socket hang up" ? "the client left" : message.slice(0, LONGEST_REASON);
}

function judged(terms: Terms, socket: TLSSocket): ClientFacts {
  try {
    return terms.judge(socket);
  } catch {
    return { refusal: "the client certificate cannot be read" };
  }
}
