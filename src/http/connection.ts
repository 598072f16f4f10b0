import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A request that has been parsed, with the answer it waits for. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the client waits for a 100 before it sends the body. */
  readonly expects: boolean;
}

/** Who is at the other end, as far as its certificate tells. */
export interface ClientFacts {
  /** Of its certificate, when it gave one. */
  readonly subject?: string;
  /** Why it is not answered otherwise; absent when it is. */
  readonly refusal?: string;
}

/** Requests sent ahead of their turn. Each costs memory before anybody looks at it, and no client of registries sends any. */
const MOST_AHEAD = 64;

/** One connection: which exchange is on, which are to come, and since when it is idle. */
export class Connection {
  /** Whether no further request of it is looked at: the answer under way, or just sent, is its last. */
  closing = false;
  /**
   * IP address of the peer (IPv4 as such, on a dual-stack socket too), `@` on a unix socket. Asked for at once: a socket that has been
   * closed tells none any more, and the log wants to name who has left.
   */
  readonly address: string;
  /** Exchanges that are being handled (0 or 1) and those that wait for their turn. */
  running = 0;
  #current: ServerResponse | undefined;
  readonly #ahead: Arrival[] = [];
  #idleSince: number | undefined;
  /** Status line to end with when the answer under way is out. */
  #lastWords: string | undefined;
  #ended = false;

  /** @param client what TLS has found out about it */
  constructor(
    readonly socket: Socket,
    private readonly begin: (arrival: Arrival) => void,
    readonly client: ClientFacts = {},
  ) {
    this.address = (socket.remoteAddress ?? "@").replace(/^::ffff:(?=\d+\.)/, "");
  }

  /**
   * Begins the exchange, after the one before: pipelined requests are answered one by one (RFC 9112 section 9.3.2 allows more only
   * for safe methods), and none after one that ends the connection.
   */
  arrive(arrival: Arrival): void {
    if (this.closing) return;
    const current = this.#current;
    if (current !== undefined && (this.#ahead.length > 0 || !current.destroyed)) {
      if (this.#ahead.push(arrival) > MOST_AHEAD) this.socket.destroy();
      else if (this.#ahead.length === 1) this.#afterCurrent(current);
      return;
    }
    this.#start(arrival);
  }

  /** Called when the handler of an exchange is through. */
  done(): void {
    this.running--;
    this.#idleSince = undefined;
    if (this.#lastWords !== undefined && this.socket.writable) this.#end(this.#lastWords);
  }

  /** What came cannot be understood, or did not come in time: this is its end, after what is being answered. */
  fail(statusLine: string): void {
    const { socket } = this;
    const last = this.closing;
    this.closing = true;
    if (!socket.writable) socket.destroy();
    else if (this.running === 0) this.#end(statusLine);
    else if (this.#isRead()) this.#lastWords = last ? undefined : statusLine;
    else if (this.#current?.headersSent) socket.destroy(); // into another answer it must not be written
    else this.#end(statusLine);
  }

  /** The client sends nothing any more. It may wait for the answer, but not to a request that it has not finished. */
  onEnd(): void {
    if (this.running > 0 && !this.#isRead()) this.socket.destroy();
  }

  /** Ends it at once, unless it has been answered and is about to end by itself. */
  cut(): void {
    this.closing = true;
    if (!this.#ended) this.socket.destroy();
  }

  /** Closes it when nothing is going on; otherwise the exchange under way is the last. */
  retire(): void {
    this.closing = true;
    if (this.running === 0 && this.#isFinished()) this.socket.destroy();
  }

  /**
   * Ends it when nothing has been going on for too long.
   * @param now in milliseconds
   * @param idle for the next request, @param stalled for a client that does not take the end of an answer
   */
  look(now: number, idle: number, stalled: number): void {
    if (this.running > 0) return;
    this.#idleSince ??= now;
    const limit = this.socket.writableLength > 0 ? stalled : idle;
    if (now - this.#idleSince >= limit) this.socket.destroy();
  }

  #start(arrival: Arrival): void {
    this.#current = arrival.response;
    this.running++;
    this.begin(arrival);
  }

  #afterCurrent(current: ServerResponse): void {
    const next = () => {
      const arrival = this.#ahead.shift();
      if (arrival === undefined || this.closing) return;
      this.#start(arrival);
      if (this.#ahead.length > 0) this.#afterCurrent(arrival.response);
    };
    if (current.destroyed) next();
    else current.once("close", next);
  }

  #isFinished(): boolean {
    return this.#current === undefined || this.#current.writableFinished || this.#current.destroyed;
  }

  /** Whether the request that is being answered has come in whole, so that what is broken is the next. */
  #isRead(): boolean {
    return this.#current?.req.complete ?? true;
  }

  #end(statusLine: string): void {
    this.#ended = true;
    this.socket.end(`HTTP/1.1 ${statusLine}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    this.socket.destroySoon();
  }
}
