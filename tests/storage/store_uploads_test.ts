import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import type { StoreFile, StoreFiles } from "../../src/storage/store_files.ts";
import { StoreUploads } from "../../src/storage/store_uploads.ts";
import type { FromWorker } from "../../src/storage/store_worker_protocol.ts";
import { StoreWorkerError, WorkerUpload } from "../../src/storage/worker_upload.ts";

/** A disk that records calls, and syncs when it is told to. */
class SlowDisk implements StoreFiles {
  readonly log: string[] = [];
  readonly syncing: PromiseWithResolvers<void>[] = [];
  #size = 0;

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
      read: () => Promise.resolve(0),
      syncData: () => sync("syncData"),
      sync: () => sync("sync"),
      syncNow: () => void this.log.push("sync"),
      close: () => void this.log.push("close"),
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
  const chunk = new Uint8Array(16 * MIB);
  uploads.receive({ upload: 1, open, chunks: [chunk] });
  for (let i = 2; i <= 6; i++) uploads.receive({ upload: 1, chunks: [chunk] });
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

Deno.test("a file of another size than the sender knows is not written to", async () => {
  const disk = new SlowDisk();
  const replies = new Replies();
  const uploads = new StoreUploads(disk, replies.take);
  uploads.receive({ upload: 1, open: { ...open, size: 9 }, chunks: [new Uint8Array(1)] });
  const { failed } = await replies.until(1);
  assertEquals(failed?.action, "open");
  assertEquals(disk.log, ["open /x", "close"]);
  uploads.receive({ upload: 1, chunks: [new Uint8Array(1)], end: "commit" }); // too late, and dropped
  assertEquals(replies.all.length, 1);
});

Deno.test("a worker that doesn't answer within the limit fails the upload", async () => {
  const upload = new WorkerUpload(1, open, () => {}, 1);
  upload.send([new Uint8Array(10)], "commit");
  const error = await assertRejects(() => upload.ended());
  assertInstanceOf(error, StoreWorkerError);
  assertEquals(error.code, "ETIMEDOUT");
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
