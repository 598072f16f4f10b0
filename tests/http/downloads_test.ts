import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ByteSource } from "../../src/async/byte_source.ts";
import type { Handler } from "../../src/http/exchange.ts";
import { head, overBoth } from "../support/listening.ts";
import { TempFolder } from "../support/temp_folder.ts";

const MIB = 1024 * 1024;

/** How a source gives its bytes; all three are `position & 0xff` at every position. */
type Kind = "view" | "now" | "later";

interface Counted {
  readonly handler: Handler;
  /** Sources that are open. */
  open: number;
  /** Times that one was closed again. */
  twice: number;
}

function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, position) => position & 0xff);
}

/** Answers with a region of `kind` as the target says: `/later/1000-5000`. */
function blobs(content: Uint8Array<ArrayBuffer>): Counted {
  const counted: Counted = { open: 0, twice: 0, handler };
  function source(kind: Kind): ByteSource {
    let closed = false;
    counted.open++;
    const readNow = (into: Uint8Array<ArrayBuffer>, position: number) => {
      if (closed) throw new Error("read after close");
      const part = content.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    };
    const read = (into: Uint8Array<ArrayBuffer>, position: number) =>
      Promise.resolve().then(() => readNow(into, position));
    const close = () => {
      counted.open--;
      if (closed) counted.twice++;
      closed = true;
    };
    const base = { size: content.length, read, close };
    if (kind === "later") return base;
    if (kind === "now") return { ...base, readNow };
    const view = (position: number, length: number) =>
      content.subarray(position, position + length);
    return { ...base, readNow, view };
  }
  function handler(x: Parameters<Handler>[0]): Promise<void> {
    const [, kind = "", start, end] = /^\/(\w+)\/(\d+)-(\d+)$/.exec(x.target) ?? [];
    const region = { source: source(kind as Kind), start: Number(start), end: Number(end) };
    return x.reply(200, {}, { region });
  }
  return counted;
}

const SIZE = 5 * MIB + 3;
const content = pattern(SIZE);

for (const kind of ["view", "now", "later"] as const) {
  overBoth(
    `a region whose source reads "${kind}" arrives whole, whatever its place and size`,
    async (start) => {
      const counted = blobs(content);
      await using front = await start(counted.handler);
      using client = await front.connect();
      const regions = [[0, SIZE], [0, 0], [7, 8], [1, 65_537], [65_536, 131_072], [SIZE - 1, SIZE]];
      for (const [start, end] of regions) {
        await client.send(head(`GET /${kind}/${start}-${end}`));
        const { header, body } = await client.response();
        assertEquals(header("content-length"), String(body.length));
        assertEquals(body.length, (end ?? 0) - (start ?? 0));
        assert(body.every((byte, i) => byte === ((i + (start ?? 0)) & 0xff)));
      }
      await client.send(head(`HEAD /${kind}/0-${SIZE}`));
      assertEquals((await client.response(true)).header("content-length"), String(SIZE));
      assertEquals([counted.open, front.faults], [0, []]);
    },
  );

  overBoth(`many at once whose sources read "${kind}" each get their own bytes`, async (start) => {
    const counted = blobs(content);
    await using front = await start(counted.handler);
    await Promise.all(Array.from({ length: 6 }, async (_, n) => {
      using client = await front.connect();
      const start = n * 1000 + n;
      await client.send(head(`GET /${kind}/${start}-${SIZE}`));
      const { body } = await client.response();
      assertEquals(body.length, SIZE - start);
      assert(body.every((byte, i) => byte === ((i + start) & 0xff)));
    }));
    assertEquals(counted.open, 0);
  });

  overBoth(
    `clients that leave a download whose source reads "${kind}" cost nothing`,
    async (start) => {
      const counted = blobs(content);
      await using front = await start(counted.handler);
      for (let i = 0; i < 100; i++) {
        const client = await front.connect();
        await client.send(head(`GET /${kind}/0-${SIZE}`));
        if (i % 2 === 0) await client.connection.read(new Uint8Array(1 + i * 1000));
        client[Symbol.dispose]();
      }
      using client = await front.connect();
      while (counted.open > 0) {
        await client.send(head(`GET /${kind}/0-1`));
        await client.response();
      }
      assertEquals([counted.open, front.faults], [0, []]);
    },
  );
}

overBoth("300 aborted downloads of a file leave no file open", async (start) => {
  await using folder = await TempFolder.make();
  const path = `${folder.path}/blob`;
  await Deno.writeFile(path, content);
  let open = 0;
  await using front = await start(async (x) => {
    const file = await Deno.open(path);
    open++;
    const source: ByteSource = {
      size: SIZE,
      async read(into, position) {
        await file.seek(position, Deno.SeekMode.Start);
        return await file.read(into) ?? 0;
      },
      close() {
        file.close(); // throws when it was closed before
        open--;
      },
    };
    await x.reply(200, {}, { region: { source, start: 0, end: SIZE } });
  });
  for (let i = 0; i < 300; i++) {
    const client = await front.connect();
    await client.send(head("GET /"));
    if (i % 3 !== 0) await client.connection.read(new Uint8Array(100));
    client[Symbol.dispose]();
  }
  using client = await front.connect();
  while (open > 0) {
    await client.send(head("HEAD /"));
    await client.response(true);
  }
  assertEquals([open, front.faults], [0, []]);
});

overBoth("a source that fails, or ends too early, cuts the connection", async (start) => {
  for (const kind of ["fails", "ends"]) {
    let closed = 0;
    const source: ByteSource = {
      size: SIZE,
      read(into, position) {
        if (position < MIB) return Promise.resolve(into.length);
        return kind === "ends" ? Promise.resolve(0) : Promise.reject(new Error("disk on fire"));
      },
      close: () => closed++,
    };
    await using front = await start((x) =>
      x.reply(200, {}, { region: { source, start: 0, end: SIZE } })
    );
    using client = await front.connect();
    await client.send(head("GET /"));
    await assertRejects(() => client.response());
    assertEquals([closed, front.faults.length], [1, 1]);
  }
});
