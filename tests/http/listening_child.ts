/**
 * A server of its own for tests that starve it of files: prints where it listens, then its faults, until its stdin ends.
 *
 * listening_child.ts <port, path of a unix socket, or "inherited" for descriptor 3> [limited]
 */
import { startListener } from "../../src/http/listener.ts";

const [place = "0", limited] = Deno.args;
const isPort = /^\d+$/.test(place);
const listener = await startListener({
  address: isPort
    ? { net: "tcp", host: "127.0.0.1", port: Number(place) }
    : { net: "unix", path: place },
  headerTimeout: 60_000,
  idleTimeout: 60_000,
  bodyTimeout: 60_000,
  maxHeaderBytes: 32 * 1024,
  ...(place === "inherited" && { inherited: { fd: 3 } }),
  ...(limited === undefined && { connectionLimits: { connections: 100, backlog: 511 } }),
  onFault: (error) => console.log(error instanceof Error ? error.message : error),
}, (exchange) => exchange.reply(200, {}, "here"));
const { address } = listener;
console.log(address.net === "tcp" ? address.port : address.path);
listener.lost.then(() => {
  console.log("lost");
  Deno.exit(3);
});
await Deno.stdin.readable.pipeTo(new WritableStream());
await listener.stop(0);
Deno.exit(0);
