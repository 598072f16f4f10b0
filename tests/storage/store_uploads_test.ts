import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { StoreFile, StoreFiles } from "../../src/storage/store_files.ts";
import { StoreUploads } from "../../src/storage/store_uploads.ts";
import type { FromWorker, ToWorker } from "../../src/storage/store_worker_protocol.ts";
import {
  type StartTimer,
  StoreWorkerError,
  WorkerUpload,
} from "../../src/storage/worker_upload.ts";

/** A disk that records calls, and syncs when it is told to. */
class SlowDisk implements StoreFiles {
  readonly log: string[] = [];
  readonly syncing: PromiseWithResolvers<void>[] = [];
  free = true;
  locked = false;
  inPlace = true;
  #size: number;

  constructor(size = 0) {
    this.#size = size;
  }

  /** What another server adds. */
  grow(bytes: number): void {
    this.#size += bytes;
  }

  open(path: string): StoreFile {
    this.log.push(`open ${path}`);
    const sync = (name: string) => {
      this.log.push(name);
      const done = Promise.withResolvers<void>();
      this.syncing.push(done);
      return done.promise;
    };
    return {
      stat: () => ({ size: this.#size, inode: 5, modified: 0 }),
      tryLock: () => this.free && (this.locked = true),
      unlock: () => void (this.locked = false),
      isAt: () => this.inPlace,
      seek: () => {},
      truncate: (size) => {
        this.log.push(`truncate ${size}`);
        this.#size = size;
      },
      write: (bytes) => {
        this.log.push(`write ${bytes.length}`);
        this.#size += bytes.length;
        return bytes.length;
      },
      read: (into) => Promise.resolve(into.length),
      syncData: () => sync("syncData"),
      sync: () => sync("sync"),
      syncNow: () => void this.log.push("sync"),
      close: () => {
        this.log.push("close");
        this.locked = false;
      },
    };
  }
}

/** Replies as they come. */
class Replies {
  readonly all: FromWorker[] = [];
  #wake = Promise.withResolvers<void>();

  readonly take = (message: FromWorker): void => {
    this.all.push(message);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  };

  async until(count: number): Promise<FromWorker> {
    while (this.all.length < count) await this.#wake.promise;
    return this.all[count - 1]!;
  }
}

/** Time that passes when the test says so. */
class Timers {
  readonly #running = new Set<{ left: number; readonly run: () => void }>();

  readonly start: StartTimer = (run, milliseconds) => {
    const timer = { left: milliseconds, run };
    this.#running.add(timer);
    return () => void this.#running.delete(timer);
  };

  async pass(milliseconds: number): Promise<void> {
    for (const timer of [...this.#running]) {
      timer.left -= milliseconds;
      if (timer.left > 0) continue;
      this.#running.delete(timer);
      timer.run();
    }
    await new Promise((resolve) => setTimeout(resolve, 0)); // all that waits for a promise has gone on then
  }
}

const open = { path: "/x", size: 0, truncate: false, hash: ["sha256"] } as const;
const MIB = 1024 * 1024;

Deno.test("a commit waits for the sync beside the writing, syncs again, and only then answers", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open, chunks: [new Uint8Array(16 * MIB)] });
  assertEquals((await replies.until(1)).written, 16 * MIB);
  uploads.receive({ upload: 1, chunks: [new Uint8Array(1)], end: "commit" });
  assertEquals(disk.log, ["open /x", `write ${16 * MIB}`, "syncData", "write 1"]);
  assertEquals(replies.all.length, 1);
  disk.syncing[0]!.resolve();
  const { ended } = await replies.until(2);
  assertEquals(disk.log.slice(4), ["sync", "close"]);
  assertEquals([ended?.size, ended?.inode], [16 * MIB + 1, 5]);
  assertEquals(ended?.hashes.get("sha256")?.length, 64);
});

Deno.test("a disk that is far behind holds up the sender", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  const chunk = () => new Uint8Array(16 * MIB);
  uploads.receive({ upload: 1, open, chunks: [chunk()] });
  for (let i = 2; i <= 6; i++) uploads.receive({ upload: 1, chunks: [chunk()] });
  await replies.until(4);
  assertEquals(disk.log.filter((entry) => entry.startsWith("write")).length, 5);
  assertEquals(replies.all.length, 4); // the fifth is written and not answered
  disk.syncing[0]!.resolve();
  await replies.until(5);
  disk.syncing[1]!.resolve();
  await replies.until(6);
  disk.syncing[2]!.resolve();
  uploads.receive({ upload: 1, end: "close" });
  await replies.until(7);
});

Deno.test("the memory of a chunk is given back when it is written, and not that of its neighbours", async () => {
  const replies = new Replies();
  const uploads = new StoreUploads(new SlowDisk(), replies.take);
  const alone = new Uint8Array(100);
  const both = new Uint8Array(100);
  uploads.receive({ upload: 1, open, chunks: [alone, both.subarray(0, 50), both.subarray(50)] });
  await replies.until(1);
  assertEquals([alone.buffer.byteLength, both.buffer.byteLength], [0, 100]);
  uploads.receive({ upload: 1, end: "close" });
  await replies.until(2);
});

Deno.test("a file of another size than the sender knows is not written to", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open: { ...open, size: 9 }, chunks: [new Uint8Array(1)] });
  const { failed } = await replies.until(1);
  assertEquals([failed?.action, failed?.code], ["open", "EBUSY"]);
  assertEquals(disk.log, ["open /x", "close"]);
  uploads.receive({ upload: 1, chunks: [new Uint8Array(1)], end: "commit" }); // too late, and dropped
  assertEquals(replies.all.length, 1);
});

Deno.test("a file is locked while messages come, and free while the sender pauses", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open, chunks: [new Uint8Array(1)] });
  await replies.until(1);
  assert(disk.locked);
  uploads.receive({ upload: 1, chunks: [new Uint8Array(1)], pause: true });
  await replies.until(2);
  assert(!disk.locked);
  uploads.receive({ upload: 1, chunks: [new Uint8Array(1)] });
  await replies.until(3);
  assert(disk.locked);
  uploads.receive({ upload: 1, end: "close" });
  await replies.until(4);
  assert(!disk.locked);
});

const WHILE_PAUSED: Readonly<Record<string, (disk: SlowDisk) => void>> = {
  "is locked by another": (disk) => disk.free = false,
  "was written by another": (disk) => disk.grow(1),
  "was moved away by another": (disk) => disk.inPlace = false,
};

for (const [what, change] of Object.entries(WHILE_PAUSED)) {
  Deno.test(`after a pause a file that ${what} is neither written nor committed, but closed`, async () => {
    for (
      const then of [{ chunks: [new Uint8Array(1)] }, { end: "commit" }, { end: "close" }] as const
    ) {
      const disk = new SlowDisk();
      const replies = new Replies();
      const uploads = new StoreUploads(disk, replies.take);
      uploads.receive({ upload: 1, open, chunks: [new Uint8Array(1)], pause: true });
      await replies.until(1);
      change(disk);
      uploads.receive({ upload: 1, ...then });
      const { failed, ended } = await replies.until(2);
      assertEquals(failed?.code, "end" in then && then.end === "close" ? undefined : "EBUSY");
      assertEquals(ended === undefined, failed !== undefined);
      assertEquals(disk.log, ["open /x", "write 1", "close"]);
    }
  });
}

Deno.test("a file that grew while it was synced is not committed", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open, chunks: [new Uint8Array(16 * MIB)] });
  await replies.until(1);
  uploads.receive({ upload: 1, end: "commit" });
  disk.grow(1); // by a writer that knows of no lock
  disk.syncing[0]!.resolve();
  const { failed } = await replies.until(2);
  assertEquals(failed?.code, "EBUSY");
});

Deno.test("a failed sync cuts nothing off when another has the file by then", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open, chunks: [new Uint8Array(16 * MIB)], pause: true });
  await replies.until(1);
  disk.grow(1);
  disk.syncing[0]!.reject(new Error("the disk is gone"));
  uploads.receive({ upload: 1, end: "close" });
  const { failed } = await replies.until(2);
  assertEquals(failed?.action, "sync");
  assertEquals(disk.log, ["open /x", `write ${16 * MIB}`, "syncData", "close"]);
});

Deno.test("reading what was there before tells that it goes on, every 16 MiB", async () => {
  const replies = new Replies();
  const disk = new SlowDisk(40 * MIB);
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open: { ...open, size: 40 * MIB }, chunks: [new Uint8Array(1)] });
  await replies.until(3);
  assertEquals(replies.all.map(({ written }) => written), [0, 0, 1]);
  disk.syncing[0]!.resolve();
  uploads.receive({ upload: 1, end: "close" });
  await replies.until(4);
});

Deno.test("a worker that doesn't answer within the limit fails the upload", async () => {
  const upload = new WorkerUpload(1, open, () => {}, 1);
  upload.send([new Uint8Array(10)], "commit");
  const error = await assertRejects(() => upload.ended());
  assertInstanceOf(error, StoreWorkerError);
  assertEquals(error.code, "ETIMEDOUT");
});

Deno.test("a worker that tells of progress, however little, is not given up", async () => {
  const timers = new Timers();
  const upload = new WorkerUpload(1, open, () => {}, 100, timers.start);
  upload.send([new Uint8Array(3)], "commit");
  const ended = upload.ended();
  for (const written of [0, 0, 3, 0]) {
    await timers.pass(99);
    upload.receive({ upload: 1, written });
    await timers.pass(0);
  }
  await timers.pass(99);
  upload.receive({ upload: 1, written: 0, ended: { inode: 5, size: 3, hashes: new Map() } });
  assertEquals((await ended).size, 3);
});

Deno.test("a worker that was given up closes the file when it comes to", async () => {
  const timers = new Timers();
  const sent: ToWorker[] = [];
  const upload = new WorkerUpload(1, open, (message) => sent.push(message), 100, timers.start);
  upload.send([new Uint8Array(3)]);
  const room = assertRejects(() => upload.room(0), StoreWorkerError, "did nothing");
  await timers.pass(100);
  await room;
  assertEquals(sent.slice(1), [{ upload: 1, end: "close" }]);
});

Deno.test("an upload has room again as its bytes are written", async () => {
  const upload = new WorkerUpload(1, open, () => {});
  upload.send([new Uint8Array(10), new Uint8Array(20)]);
  assertEquals(upload.inFlight, 30);
  let hasRoom = false;
  const room = upload.room(15).then(() => hasRoom = true);
  upload.receive({ upload: 1, written: 10 });
  await Promise.resolve();
  assert(!hasRoom);
  upload.receive({ upload: 1, written: 20 });
  await room;
  assertEquals(upload.inFlight, 0);
});
