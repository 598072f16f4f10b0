import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { eventually, head } from "../support/ask.ts";
import { type Content, content, noise } from "../support/images.ts";
import { freePort } from "../support/process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { RegistryClient } from "../support/registry_client.ts";
import type { RegistryProcess } from "../support/registry_process.ts";
import { startBerth } from "../support/server.ts";

const TYPE = "application/octet-stream";
/** More than the buffers of a connection take, so that a pull goes on for as long as its client waits. */
const LARGE = 24 * 1024 * 1024;
const EACH = 10;

/** Ten pulls and ten pushes that have begun and are not through. */
class Transfers implements Disposable {
  private constructor(
    readonly pulls: readonly RawConnection[],
    readonly pushes: readonly { connection: RawConnection; blob: Content }[],
  ) {}

  static async begin(berth: RegistryProcess): Promise<Transfers> {
    const client = new RegistryClient(berth.url);
    const large = content(TYPE, noise(LARGE, 1));
    await client.pushBlob("a", large);
    const pulls = await Promise.all(Array.from({ length: EACH }, async () => {
      const connection = await RawConnection.open(berth.port);
      await connection.send(head("GET", `/v2/a/blobs/${large.descriptor.digest}`));
      await connection.connection.read(new Uint8Array(1));
      return connection;
    }));
    const pushes = await Promise.all(Array.from({ length: EACH }, async (_, index) => {
      const blob = content(TYPE, noise(100_000, index + 2));
      const address = new URL(await client.startUpload(`b${index}`));
      const target = `${address.pathname}?digest=${blob.descriptor.digest}`;
      const connection = await RawConnection.open(berth.port);
      await connection.send(head("PUT", target, {
        "Content-Length": String(blob.bytes.length),
        "Content-Type": TYPE,
        Expect: "100-continue",
      }));
      assertEquals((await connection.response(true)).status, 100); // it is being handled
      await connection.send(blob.bytes.slice(0, 50_000));
      return { connection, blob };
    }));
    return new Transfers(pulls, pushes);
  }

  [Symbol.dispose](): void {
    for (const connection of this.pulls) connection[Symbol.dispose]();
    for (const { connection } of this.pushes) connection[Symbol.dispose]();
  }
}

/** Bytes until the server closes. */
async function rest({ connection }: RawConnection): Promise<number> {
  const into = new Uint8Array(1024 * 1024);
  let bytes = 0;
  while (true) {
    const read = await connection.read(into).catch(() => null);
    if (read === null) return bytes;
    bytes += read;
  }
}

function stopped(port: number): Promise<void> {
  return eventually("an end of accepting", async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    connection?.close();
    return connection === undefined;
  });
}

Deno.test("SIGTERM lets 20 running pulls and pushes finish, refuses new ones, and exits 0", async () => {
  await using berth = await startBerth({ http: ["draintimeout: 60s"] });
  using transfers = await Transfers.begin(berth);
  const ended = berth.stop();
  await stopped(berth.port);
  for (const { connection, blob } of transfers.pushes) {
    await connection.send(blob.bytes.slice(50_000));
    assertEquals((await connection.response()).status, 201);
  }
  for (const pull of transfers.pulls) assert(await rest(pull) > LARGE);
  assertEquals((await ended).code, 0);
  await berth.start();
  const client = new RegistryClient(berth.url);
  for (const [index, { blob }] of transfers.pushes.entries()) {
    await client.checkBlob(`b${index}`, blob);
  }
});

Deno.test("a drain that is too short cuts what is running, and exits 1", async () => {
  await using berth = await startBerth({ http: ["draintimeout: 300ms"] });
  using transfers = await Transfers.begin(berth);
  assertEquals((await berth.stop()).code, 1);
  assertStringIncludes(berth.stderr, "stopped before every transfer had finished");
  for (const pull of transfers.pulls) assert(await rest(pull) < LARGE);
  for (const { connection } of transfers.pushes) await assertRejects(() => connection.response());
  await berth.start();
  const client = new RegistryClient(berth.url);
  for (const [index, { blob }] of transfers.pushes.entries()) {
    const target = `/v2/b${index}/blobs/${blob.descriptor.digest}`;
    assertEquals((await client.request("HEAD", target)).status, 404);
  }
});

Deno.test("a second SIGTERM ends at once", async () => {
  await using berth = await startBerth({ http: ["draintimeout: 10m"] });
  using _ = await Transfers.begin(berth);
  Deno.kill(berth.pid, "SIGTERM");
  await stopped(berth.port);
  assertEquals((await berth.stop()).code, 1);
  assertStringIncludes(berth.stderr, "SIGTERM again: ending at once");
});

Deno.test("while it drains, the debug address still answers, and says why", async () => {
  const debug = freePort();
  await using berth = await startBerth({
    http: ["draintimeout: 60s", "debug:", `  addr: 127.0.0.1:${debug}`],
  });
  const health = async () => {
    const response = await fetch(`http://127.0.0.1:${debug}/debug/health`);
    return { status: response.status, text: await response.text() };
  };
  assertEquals(await health(), { status: 200, text: "{}" });
  {
    using _ = await Transfers.begin(berth);
    Deno.kill(berth.pid, "SIGTERM");
    await stopped(berth.port);
    const { status, text } = await health();
    assertEquals(status, 503);
    assertStringIncludes(text, "the server is stopping");
  }
  await eventually("the end", () => health().then(() => false, () => true), 20_000);
});
