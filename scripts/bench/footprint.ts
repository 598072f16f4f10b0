import type { Bench, Row } from "./bench.ts";
import { Connection } from "./connection.ts";
import { pushBlob, startUpload, withDigest } from "./content.ts";
import { currentMemory } from "./memory.ts";

const REPOSITORY = "bench/footprint";
const MB = 1_000_000;
const STALLED = 300;
const UPLOADS = 64;
/** What each throttled upload sends, and how often: 1.3 MB/s. */
const PIECE = 64 * 1_024;
const PIECE_INTERVAL = 50;

function row(id: string, work: string, absolute: number, unit = "MB"): Row {
  return { id, work, unit, better: "less", goal: { absolute } };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const stalledDownloads: Bench = {
  rows: [row("P21", "memory for 300 stalled downloads of a large blob", 30)],
  prepare: async ({ server, budget, resources }) => {
    const body = resources.bodies(budget.large).next();
    using connection = new Connection(server);
    await pushBlob(connection, REPOSITORY, body);
    const target = `/v2/${REPOSITORY}/blobs/${body.digest}`;
    return async () => {
      const before = currentMemory(server.pid);
      using stack = new DisposableStack();
      for (let i = 0; i < STALLED; i++) {
        const reader = stack.use(new Connection(server, 16 * 1_024));
        await reader.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        await reader.readSome(64 * 1_024);
      }
      await pause(1_000);
      return [(currentMemory(server.pid) - before) / MB];
    };
  },
};

const throttledUploads: Bench = {
  rows: [
    row("P22", "idle RSS", 90),
    row("P22", "peak RSS with 64 throttled uploads of 1 GB", 300),
  ],
  prepare: async ({ server, budget, resources }) => {
    await pause(500);
    const idle = currentMemory(server.pid) / MB;
    const piece = new Uint8Array(PIECE);
    const digest = resources.bodies(1_000).next();
    return async () => {
      using stack = new DisposableStack();
      const writers = [];
      for (let i = 0; i < UPLOADS; i++) {
        const writer = stack.use(new Connection(server, 16 * 1_024));
        const put = withDigest(await startUpload(writer, REPOSITORY), digest);
        await writer.send(`PUT ${put} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n`);
        writers.push(writer);
      }
      const end = performance.now() + Math.max(2, budget.seconds) * 1_000;
      while (performance.now() < end) {
        await Promise.all([
          pause(PIECE_INTERVAL),
          ...writers.map((writer) => writer.send("", piece)),
        ]);
      }
      return [idle, server.peak() / MB];
    };
  },
};

const startUp: Bench = {
  rows: [
    row("P23", "start to the first 200, empty", 120, "ms"),
    row("P23", "start to the first 200, 10,000 repositories", 120, "ms"),
  ],
  ownServers: true,
  prepare: ({ contestant, resources }) => {
    const start = async (root?: string) => {
      const begun = performance.now();
      await using _server = await contestant.start({ root });
      return performance.now() - begun;
    };
    const tree = contestant.readsTree ? resources.largeTree() : undefined;
    return Promise.resolve(async () => [
      await start(),
      tree === undefined ? NaN : await start(tree),
    ]);
  },
};

export const footprints: readonly Bench[] = [stalledDownloads, throttledUploads, startUp];
