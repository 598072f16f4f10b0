import type { Endpoint } from "./connection.ts";

/** When what came of one download; milliseconds. */
export interface Download {
  /** From the request to the first byte of the body, and to its last. */
  readonly firstByte: number;
  readonly total: number;
  /** The first byte, by performance.now(). */
  readonly firstAt: number;
}

const HEAD_END = "\r\n\r\n";

/** GET over plain HTTP and a connection that stands before the clock runs. @throws when it isn't 200 with `size` bytes */
export async function download(
  { port }: Endpoint,
  target: string,
  size: number,
): Promise<Download> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(256 * 1_024);
  const start = performance.now();
  await connection.write(new TextEncoder().encode(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`));
  let head = "";
  let firstAt: number | undefined;
  for (let got = 0; got < size;) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error(`GET ${target}: it ended after ${got} of ${size} bytes`);
    if (head.includes(HEAD_END)) got += count;
    else {
      head += latin1.decode(buffer.subarray(0, count));
      if (!head.includes(HEAD_END)) continue;
      if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`GET ${target}: ${head}`);
      got += head.length - head.indexOf(HEAD_END) - HEAD_END.length;
    }
    if (got > 0) firstAt ??= performance.now();
  }
  const end = performance.now();
  return { firstByte: (firstAt ?? end) - start, total: end - start, firstAt: firstAt ?? end };
}

const latin1 = new TextDecoder("latin1");
