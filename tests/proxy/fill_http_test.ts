import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import { createPipeline } from "../../src/http/pipeline.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { fakeApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { FillWorld, joined, KIB, MIB, noise, REMOTE, REPOSITORY } from "../support/fill_world.ts";
import { Listening } from "../support/listening.ts";
import { TempFolder } from "../support/temp_folder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Fills over files behind the real listener. */
async function served(
  content: number,
  allowed: number | undefined,
  run: (world: FillWorld, url: string, faults: unknown[]) => Promise<void>,
  bodyTimeout = 60_000,
): Promise<void> {
  await using folder = await TempFolder.make();
  const driver = new FilesystemDriver({ root: folder.path });
  await using world = await FillWorld.make(content, {
    driver,
    ...(allowed !== undefined && { allowed }),
  });
  const faults: unknown[] = [];
  const { api } = fakeApi({ registry: cacheOf(world) });
  const handler = createPipeline(api, {
    clock: systemClock,
    onEnd: () => {},
    onFault: (_exchange, error) => faults.push(error),
  });
  await using listening = await Listening.start(handler, { bodyTimeout });
  const url = `http://127.0.0.1:${listening.port}/v2/${REPOSITORY}/blobs/${world.digest}`;
  await run(world, url, faults);
  assertEquals(listening.faults, []);
}

/** What is here, else what is fetched. */
function cacheOf(world: FillWorld): Registry {
  const { local, upstream, fills } = world;
  return {
    repositories: (page) => local.repositories(page),
    repository: (name) => {
      const repository = local.repository(name);
      const { blobs } = repository;
      return {
        ...repository,
        blobs: {
          ...blobs,
          stat: async (digest) => {
            const here = await blobs.stat(digest).catch(() => undefined);
            return here ?? { digest, size: await upstream.blobSize(REMOTE) ?? 0 };
          },
          open: async (digest) =>
            await blobs.open(digest).catch(() => undefined) ??
              await fills.open(upstream, REMOTE, name, digest),
          delete: (digest) => blobs.delete(digest),
          startUpload: () => blobs.startUpload(),
          resumeUpload: (id) => blobs.resumeUpload(id),
          mount: (digest, from) => blobs.mount(digest, from),
        },
      };
    },
  };
}

interface Got {
  readonly status: number;
  readonly bytes: Bytes;
  readonly isWhole: boolean;
}

/** Reads as far as it goes. @param onBytes told how many there are */
async function get(
  url: string,
  options: RequestInit = {},
  onBytes: (count: number) => void = () => {},
): Promise<Got> {
  const response = await fetch(url, options);
  const pieces: Bytes[] = [];
  let count = 0;
  try {
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      onBytes(count += piece.length);
    }
    return { status: response.status, bytes: joined(pieces), isWhole: true };
  } catch {
    return { status: response.status, bytes: joined(pieces), isWhole: false };
  }
}

Deno.test("fifty clients stream one cold blob of 64 MiB from one GET, and 49 may leave", () =>
  served(64 * MIB, 2 * MIB, async (world, url) => {
    const leaving = new AbortController();
    const counts = new Array<number>(50).fill(0);
    const all = Array.from(
      { length: 50 },
      (_, n) => get(url, n > 0 ? { signal: leaving.signal } : {}, (count) => counts[n] = count),
    );
    await eventually(
      "everyone has what there is",
      () => counts.every((count) => count === 2 * MIB),
    );
    assertEquals(world.upstream.given, 2 * MIB);
    leaving.abort();
    world.upstream.allow(Infinity);
    const [first, ...others] = await Promise.all(all);
    assertEquals(first?.isWhole, true);
    assertEquals(first?.bytes, world.content);
    assert(others.every(({ isWhole }) => !isWhole));
    assertEquals(world.upstream.gets.length, 1);
    await eventually("it is kept", async () => await world.kept() !== undefined);
  }));

Deno.test("twenty clients each get all of a cold blob", () =>
  served(16 * MIB, undefined, async (world, url, faults) => {
    const all = await Promise.all(Array.from({ length: 20 }, () => get(url)));
    for (const { status, bytes, isWhole } of all) {
      assertEquals([status, isWhole], [200, true]);
      assertEquals(bytes, world.content);
    }
    assertEquals(world.upstream.gets.length, 1);
    assertEquals(faults, []);
  }));

Deno.test("wrong content and a broken upstream cut the connection 64 KiB short at the latest", () =>
  served(MIB, undefined, async (world, url, faults) => {
    for (const size of [MIB, 64 * KIB, 1]) {
      world.upstream.sent = noise(size, 2);
      world.upstream.announced = size;
      const all = await Promise.all([1, 2, 3, 4, 5].map(() => get(url)));
      for (const { bytes, isWhole } of all) {
        assertEquals(isWhole, false);
        assert(bytes.length <= Math.max(0, size - 64 * KIB), `${bytes.length}`);
      }
      const range = await get(url, { headers: { range: `bytes=${size - 1}-` } });
      assertEquals([range.status, range.isWhole], [206, false]);
    }
    assertEquals(faults, []);
    assertEquals((await world.files()).length, 0);
  }));

Deno.test("ranges of a cold blob are right at every border", () =>
  served(MIB, undefined, async (world, url) => {
    const borders = [0, 1, 64 * KIB, 256 * KIB, MIB - 64 * KIB, MIB - 1];
    for (const start of borders) {
      for (const last of [...borders, MIB - 64 * KIB - 1, MIB + 5].filter((it) => it >= start)) {
        const headers = { range: `bytes=${start}-${last}` };
        const { status, bytes } = await get(url, { headers });
        assertEquals(status, 206);
        assertEquals(bytes, world.content.slice(start, last + 1));
        await world.local.repository(REPOSITORY).blobs.delete(world.digest).catch(() => {});
      }
    }
    const several = await get(url, { headers: { range: "bytes=0-1,70000-70001" } });
    assertEquals(several.status, 206);
    assertEquals((await get(url, { headers: { range: `bytes=${MIB}-` } })).status, 416);
  }));

Deno.test("a range is answered at once while the fill goes on", () =>
  served(4 * MIB, MIB, async (world, url) => {
    const whole = get(url);
    const part = await get(url, { headers: { range: "bytes=1000-999999" } });
    assertEquals(part.bytes, world.content.slice(1000, 1_000_000));
    world.upstream.allow(Infinity);
    assertEquals((await whole).bytes, world.content);
    assertEquals(world.upstream.gets.length, 1);
  }));

Deno.test("a HEAD downloads nothing", () =>
  served(MIB, undefined, async (world, url) => {
    const response = await fetch(url, { method: "HEAD" });
    assertEquals(response.headers.get("content-length"), `${MIB}`);
    await response.body?.cancel();
    assertEquals(world.upstream.gets, []);
  }));

Deno.test("whoever waits for upstream is not taken for a client that stalls", () =>
  served(2 * MIB, MIB, async (world, url) => {
    let count = 0;
    const reading = get(url, {}, (bytes) => count = bytes);
    await eventually("it has what there is", () => count === MIB);
    const [before, limit] = [performance.now(), 200];
    await eventually(
      "more than the limit for bodies has passed",
      () => performance.now() - before > 3 * limit,
    );
    world.upstream.allow(Infinity);
    assertEquals((await reading).bytes, world.content);
  }, 200));

Deno.test("a client that waits holds up nobody", () =>
  served(2 * MIB, MIB, async (world, url) => {
    const waiting = get(url);
    await eventually("upstream is held", () => world.upstream.given === MIB);
    for (let n = 0; n < 20; n++) {
      const response = await fetch(new URL("/v2/", url));
      assertEquals(response.status, 200);
      await response.body?.cancel();
    }
    world.upstream.allow(Infinity);
    assertEquals((await waiting).isWhole, true);
  }));
