import { assertEquals, assertMatch } from "@std/assert";
import { EventEmitter } from "node:events";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Handshakes } from "../../../src/http/tls/handshakes.ts";
import type { Terms, Tls } from "../../../src/http/tls/tls.ts";

const LIMIT = 1_000;

/** As much of a socket as is used here. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  pause() {}
  unshift() {}
  destroy() {
    this.destroyed = true;
  }

  constructor(readonly remotePort: number | undefined) {
    super();
  }

  readonly remoteAddress = "192.0.2.1";
}

function terms(name: string): Terms {
  const context = { cert: name, key: name, minVersion: "TLSv1.2" } as const;
  return { context, judge: () => ({ subject: name }) };
}

/** Handshakes on a runtime whose TLS sockets have no private parts. */
function handshaking() {
  const server = Object.assign(new EventEmitter(), { setSecureContext: () => {} });
  const faults: string[] = [];
  const secure: [FakeSocket, string | undefined][] = [];
  const tls = {
    terms: terms("first"),
    asksForCertificates: false,
    failed: () => {},
    look: () => {},
    reload: () => Promise.resolve(),
    close: () => Promise.resolve(),
  } satisfies Tls;
  const handshakes = new Handshakes(server as unknown as Server, {
    tls,
    limit: LIMIT,
    onSecure: (socket, { subject }) => secure.push([socket as unknown as FakeSocket, subject]),
    onFault: ({ message }) => faults.push(message),
  });
  const begin = (port?: number) => {
    const socket = new FakeSocket(port);
    handshakes.add(socket as unknown as Socket);
    socket.emit("data", Uint8Array.of(0x16));
    return socket;
  };
  const end = (port?: number) => {
    const socket = new FakeSocket(port);
    server.emit("secureConnection", socket as unknown as TLSSocket);
    return socket;
  };
  return { handshakes, tls, faults, secure, begin, end };
}

Deno.test("TLS sockets without the private parts are served, and that is told once", () => {
  const { handshakes, faults, secure, begin, end, tls } = handshaking();
  const raw = [begin(1), begin(2), begin(3)];
  tls.terms = terms("second");
  const up = [end(2), end(1)];
  assertEquals(secure, [[up[0], "first"], [up[1], "first"]]);
  assertEquals(handshakes.size, 1);
  assertEquals(faults.length, 2);
  assertMatch(faults.join("\n"), /to which connection[^]*uploads over TLS/);
  handshakes.look(performance.now() + 2 * LIMIT);
  assertEquals(end(3).destroyed, true); // it was ended
  assertEquals([...raw, ...up].map(({ destroyed }) => destroyed), [
    false,
    false,
    true,
    false,
    false,
  ]);
});

Deno.test("without ports either, no connection that may be up is ended as a late handshake", () => {
  const { handshakes, faults, secure, begin, end } = handshaking();
  const raw = [begin(), begin()];
  const up = end();
  assertEquals(secure, [[up, "first"]]);
  handshakes.look(performance.now() + 2 * LIMIT);
  assertEquals([up, ...raw].some(({ destroyed }) => destroyed), false);
  assertEquals(faults.length, 2);
});
