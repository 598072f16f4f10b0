import type { Server } from "node:http";
import { connect, Server as NetServer, type Socket } from "node:net";
import type { Address, InheritedSocket } from "./address.ts";
import { makeWay, setMode } from "./unix_socket.ts";

export interface AcceptingOptions {
  readonly address: Address;
  /** Listened on in place of the address. */
  readonly inherited?: InheritedSocket | undefined;
  readonly backlog: number;
  /** From so many connections on, it is looked more often whether more are accepted. */
  readonly crowd: number;
  /** Told when it had to listen anew, or could not. */
  readonly onFault: (error: unknown) => void;
  /** Told when nothing is accepted any more and it cannot listen anew: an inherited socket is gone once it was closed. */
  readonly onLost: () => void;
}

/** An inherited socket that cannot be listened on. */
export class InheritedSocketError extends Error {
  override readonly name = "InheritedSocketError";
}

/** So long nothing may have been accepted before it is tried out; the first holds after a crowd. In milliseconds. */
const QUIET_CROWDED_MS = 1000;
const QUIET_MS = 5000;
/** For how long a connection of our own may wait; a turn of the loop that takes longer must not count, so two in a row have to. */
const PROBE_MS = 1000;
const PROBES = 2;
/** Where a firewall keeps us from ourselves, listening anew does not help: each time in vain doubles the wait, so often at most. */
const MOST_DOUBLINGS = 7;

/**
 * Listens, and listens anew when nothing is accepted any more: the listener of Deno 2.9.6 ends in silence when the process has no
 * file left for a connection. So that is found out as a client would, by connecting. Open connections are left alone.
 */
export class Accepting {
  #bound: Address;
  #accepted = 0;
  #seen = 0;
  #isCrowded = false;
  #quietSince = 0;
  #unanswered = 0;
  #inVain = 0;
  #isOpen = false;
  #isBusy = false;
  #isStopped = false;
  #probe: Socket | undefined;

  constructor(private readonly server: Server, private readonly options: AcceptingOptions) {
    this.#bound = options.address;
  }

  /** @returns the address with what the system chose for port 0 or all interfaces. Rejects with the system's error */
  async open(): Promise<Address> {
    await this.#listen();
    const place = this.server.address();
    if (this.options.inherited !== undefined) {
      this.#bound = inheritedAddress(this.options.inherited, place);
    } else if (this.#bound.net === "tcp" && typeof place === "object" && place) {
      const { host } = this.#bound;
      this.#bound = { net: "tcp", host: host === "" ? place.address : host, port: place.port };
    }
    return this.#bound;
  }

  /** To be called with each connection. @param connections that are open now */
  accepted(connections: number): void {
    this.#accepted++;
    this.#isCrowded = connections >= this.options.crowd;
  }

  /** To be called every second or so. @param now in milliseconds */
  look(now: number): void {
    // node:http of older Deno is no net.Server, and tells of no connections
    if (this.#isBusy || this.#isStopped || !(this.server instanceof NetServer)) return;
    if (this.#seen !== this.#accepted || this.#quietSince === 0) return this.#isFine(now);
    const quiet = this.#isCrowded ? QUIET_CROWDED_MS : QUIET_MS;
    if (now - this.#quietSince < quiet * 2 ** this.#inVain) return;
    this.#isBusy = true;
    this.#check().catch(this.options.onFault).finally(() => this.#isBusy = false);
  }

  /** Before the server is closed. */
  stop(): void {
    this.#isStopped = true;
    this.#probe?.destroy();
  }

  #isFine(now: number): void {
    if (this.#seen !== this.#accepted) this.#inVain = 0;
    this.#seen = this.#accepted;
    this.#quietSince = now;
    this.#unanswered = 0;
  }

  async #check(): Promise<void> {
    if (this.#isOpen) {
      const answer = await this.#tryOut();
      if (answer === "accepted" || this.#isStopped) return;
      if (answer === "no files" || ++this.#unanswered < PROBES) return;
    }
    await this.#reopen();
  }

  /** Connects as a client would. Whoever is accepted in the meantime proves as much. */
  #tryOut(): Promise<"accepted" | "refused" | "no files"> {
    const { promise, resolve } = Promise.withResolvers<"accepted" | "refused" | "no files">();
    const before = this.#accepted;
    const probe = connect(placeToReach(this.#bound));
    this.#probe = probe;
    const timer = setTimeout(() => probe.destroy(), PROBE_MS);
    const look = setInterval(() => {
      if (this.#accepted !== before) probe.destroy();
    }, PROBE_MS / 20);
    let hasNoFiles = false;
    probe.on("error", (error: Error & { code?: string }) => {
      hasNoFiles = error.code === "EMFILE" || error.code === "ENFILE";
    });
    probe.on("close", () => {
      clearTimeout(timer);
      clearInterval(look);
      this.#probe = undefined;
      const isAccepted = this.#accepted !== before;
      resolve(isAccepted ? "accepted" : hasNoFiles ? "no files" : "refused");
    });
    return promise;
  }

  async #reopen(): Promise<void> {
    // not http's own close, which would end idle connections as well
    if (this.options.inherited !== undefined) return this.#giveUp();
    if (this.#isOpen) NetServer.prototype.close.call(this.server);
    this.#isOpen = false;
    await this.#listen();
    this.#unanswered = 0;
    this.#inVain = Math.min(this.#inVain + 1, MOST_DOUBLINGS);
    this.options.onFault(
      new Error(
        "No connections were accepted any more, so that it listens anew: most likely too many files were open. " +
          "Raise their limit (ulimit -n), or let fewer clients connect",
      ),
    );
  }

  #giveUp(): void {
    this.#isStopped = true;
    this.options.onFault(
      new Error(
        "No connections are accepted any more on the inherited socket: most likely too many files were open. " +
          "Only a new start can open it again",
      ),
    );
    this.options.onLost();
  }

  async #listen(): Promise<void> {
    const address = this.#bound;
    const { inherited } = this.options;
    const path = address.net === "unix" && inherited === undefined ? address.path : undefined;
    if (path !== undefined) await makeWay(path);
    if (this.#isStopped) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const place = inherited !== undefined
      ? { fd: inherited.fd }
      : address.net === "unix"
      ? { path: address.path }
      : { port: address.port, ...(address.host !== "" && { host: address.host }) };
    this.server.off("error", this.options.onFault);
    this.server.once("error", reject).once("listening", resolve);
    this.server.listen({ ...place, backlog: this.options.backlog });
    try {
      await promise;
    } catch (error) {
      throw inherited === undefined ? error : notUsable(inherited, error);
    } finally {
      this.server.off("error", reject).off("listening", resolve);
      this.server.on("error", this.options.onFault);
    }
    this.#isOpen = true;
    if (path !== undefined) await setMode(path);
  }
}

function notUsable({ fd }: InheritedSocket, error: unknown): InheritedSocketError {
  const why = error instanceof Error ? error.message : String(error);
  return new InheritedSocketError(
    `Cannot listen on file descriptor ${fd}, which was handed over as a socket: ${why}. It must be a listening stream socket`,
    { cause: error },
  );
}

/** @param place what node says of it: nothing, when it is a unix socket */
function inheritedAddress(
  { fd, path }: InheritedSocket,
  place: ReturnType<Server["address"]>,
): Address {
  if (typeof place === "object" && place !== null) {
    return { net: "tcp", host: place.address, port: place.port };
  }
  return { net: "unix", path: path ?? `file descriptor ${fd}` };
}

/** "All interfaces" is nothing to connect to; "::" stands for both families, and IPv4 is what every loopback has. */
function placeToReach(address: Address): { path: string } | { host: string; port: number } {
  if (address.net === "unix") return { path: address.path };
  const { host, port } = address;
  return { host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port };
}
