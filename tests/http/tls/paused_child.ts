/**
 * A server over TLS of its own, whose memory a test looks at: takes one chunk of a body and no more until its stdin says "on".
 *
 * paused_child.ts <certificate> <key>; prints its port, then how many bytes came
 */
import { startListener } from "../../../src/http/listener.ts";
import { openTls } from "../../../src/http/tls/tls.ts";
import { TLS_DEFAULTS } from "../../support/listening.ts";

const [certificate = "", key = ""] = Deno.args;
const tls = await openTls({ ...TLS_DEFAULTS, certificate, key });
const { promise: goOn, resolve } = Promise.withResolvers<void>();
const listener = await startListener({
  address: { net: "tcp", host: "127.0.0.1", port: 0 },
  headerTimeout: 60_000,
  idleTimeout: 60_000,
  bodyTimeout: 60_000,
  maxHeaderBytes: 32 * 1024,
  onFault: (error) => console.log(error instanceof Error ? error.message : error),
  tls,
}, async (exchange) => {
  let bytes = 0;
  for await (const chunk of exchange.body()) {
    if (bytes === 0) {
      console.log("paused");
      await goOn;
    }
    bytes += chunk.length;
  }
  console.log(bytes);
  await exchange.reply(201, {}, String(bytes));
});
console.log(listener.address.net === "tcp" ? listener.address.port : 0);
for await (const _ of Deno.stdin.readable) resolve();
await listener.stop(0);
await tls.close();
Deno.exit(0);
