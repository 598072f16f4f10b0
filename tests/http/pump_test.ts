import { assertEquals, assertRejects } from "@std/assert";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { type ByteSource, bytesSource } from "../../src/async/byte_source.ts";
import { Pump, type Turns } from "../../src/http/pump.ts";
import { StallWatch } from "../../src/http/stall_watch.ts";

const KIB = 1024;

/** An event loop by hand: what is put off runs when the test says so. */
class FakeTurns implements Turns {
  time = 1000;
  readonly soonQueue: (() => void)[] = [];
  readonly laterQueue: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  soon(run: () => void): void {
    this.soonQueue.push(run);
  }

  later(run: () => void): void {
    this.laterQueue.push(run);
  }

  /** Runs one turn, if one is due. */
  turn(): boolean {
    const run = this.soonQueue.shift() ?? this.laterQueue.shift();
    run?.();
    return run !== undefined;
  }
}

/** The answer of one client, who takes `room` chunks before it has to be drained. */
class FakeClient extends EventEmitter {
  destroyed = false;
  headFlushed = false;
  taken = 0;
  readonly #written: (() => void)[] = [];

  constructor(readonly name: string, private readonly log: string[], public room = Infinity) {
    super();
  }

  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  write(chunk: Uint8Array, written?: () => void): boolean {
    this.log.push(`${this.name} ${chunk.length / KIB}`);
    this.taken += chunk.length;
    if (written) this.#written.push(written);
    return --this.room > 0;
  }

  flushHeaders(): void {
    this.headFlushed = true;
  }

  drain(room: number): void {
    this.room = room;
    this.emit("drain");
    for (const written of this.#written.splice(0)) written();
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

/** A source of zeros, read at once or only when the test lets it. */
class FakeSource implements ByteSource {
  reads = 0;
  readonly waiting: ((count: number) => void)[] = [];
  readonly readNow?: (into: Uint8Array<ArrayBuffer>) => number;

  constructor(readonly size: number, now: boolean, onRead = () => {}) {
    if (!now) return;
    this.readNow = (into) => {
      this.reads++;
      onRead();
      return into.length;
    };
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    this.reads++;
    return new Promise((resolve) => this.waiting.push(() => resolve(into.length)));
  }

  arrive(): void {
    this.waiting.shift()?.(0);
  }

  close(): void {}
}

function world() {
  const turns = new FakeTurns();
  const watch = new StallWatch(60_000);
  const pump = new Pump(watch, turns);
  const log: string[] = [];
  const send = (client: FakeClient, source: ByteSource) =>
    pump.send(client.response, { source, start: 0, end: source.size }, () => {});
  return { turns, watch, pump, log, send };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("ready clients take turns, a chunk each", async () => {
  const { turns, log, send } = world();
  const all = ["a", "b", "c"].map((name) =>
    send(new FakeClient(name, log), new FakeSource(512 * KIB, true))
  );
  turns.turn();
  await Promise.all(all);
  assertEquals(log, ["a 256", "b 256", "c 256", "a 256", "b 256", "c 256"]);
});

Deno.test("a turn ends after 24 writes, and goes on after the other work", async () => {
  const { turns, log, send } = world();
  const all = [1, 2].map((n) =>
    send(new FakeClient(`${n}`, log), new FakeSource(8192 * KIB, true))
  );
  turns.turn();
  assertEquals([log.length, turns.soonQueue.length, turns.laterQueue.length], [24, 0, 1]);
  while (turns.turn());
  await Promise.all(all);
  assertEquals(log.length, 64);
});

Deno.test("a turn ends after two milliseconds", async () => {
  const { turns, log, send } = world();
  const source = () => new FakeSource(2048 * KIB, true, () => turns.time += 1);
  const all = [1, 2].map((n) => send(new FakeClient(`${n}`, log), source()));
  turns.turn();
  assertEquals([log.length, turns.laterQueue.length], [2, 1]);
  while (turns.turn());
  await Promise.all(all);
  assertEquals(log.length, 16);
});

Deno.test("a lone client whose socket always has room at once does not get turn after turn", async () => {
  const { turns, log, send } = world();
  const client = new FakeClient("a", log, 1);
  const sent = send(client, new FakeSource(30 * 512 * KIB, true));
  for (let run = turns.soonQueue.shift(); run; run = turns.soonQueue.shift()) {
    run();
    client.drain(1);
  }
  assertEquals([log.length, turns.laterQueue.length], [24, 1]);
  while (turns.turn()) client.drain(1);
  await sent;
  assertEquals(client.taken, 30 * 512 * KIB);
});

Deno.test("a client without room waits for it, and the others do not wait for the client", async () => {
  const { turns, log, send } = world();
  const slow = new FakeClient("slow", log, 1);
  const all = [slow, new FakeClient("fast", log)].map((client) =>
    send(client, new FakeSource(768 * KIB, true))
  );
  while (turns.turn());
  assertEquals(log, ["slow 256", "fast 256", "fast 256", "fast 256"]);
  await all[1];
  slow.drain(Infinity);
  while (turns.turn());
  await all[0];
  assertEquals(slow.taken, 768 * KIB);
});

Deno.test("a lone client gets larger chunks, and none is read before there is room for it", async () => {
  const { turns, log, send } = world();
  const client = new FakeClient("a", log, 1);
  const source = new FakeSource(1024 * KIB, true);
  const sent = send(client, source);
  while (turns.turn());
  assertEquals([log, source.reads], [["a 512"], 1]);
  client.drain(Infinity);
  while (turns.turn());
  await sent;
  assertEquals([log, source.reads], [["a 512", "a 512"], 2]);
});

Deno.test("chunks get shorter when there are many clients, who may all stall", () => {
  const { turns, log, send } = world();
  for (let i = 0; i < 65; i++) {
    send(new FakeClient(`${i}`, log, 1), new FakeSource(1024 * KIB, true));
    while (turns.turn());
  }
  const lengths = log.map((line) => Number(line.split(" ")[1]));
  const held = lengths.reduce((sum, length) => sum + length, 0);
  assertEquals([lengths[0], lengths[1], lengths[16], lengths[64]], [512, 256, 128, 64]);
  assertEquals(held < 16 * 1024, true);
});

Deno.test("a source that has to be waited for is read one chunk ahead", async () => {
  const { turns, log, send } = world();
  const source = new FakeSource(1536 * KIB, false);
  const client = new FakeClient("a", log, 1);
  const sent = send(client, source);
  while (turns.turn());
  assertEquals([log.length, source.reads], [0, 1]);
  source.arrive();
  await settled();
  while (turns.turn());
  assertEquals([log.length, source.reads], [1, 2]); // the next is being read while the socket is full
  source.arrive();
  await settled();
  while (turns.turn());
  assertEquals([log.length, source.reads], [1, 2]); // and no further one
  client.drain(Infinity);
  while (turns.turn());
  assertEquals([log.length, source.reads], [2, 3]);
  source.arrive();
  await settled();
  while (turns.turn());
  await sent;
  assertEquals(client.taken, 1536 * KIB);
});

Deno.test("send() ends when the client leaves, but not before a read that is under way", async () => {
  const { turns, send, log } = world();
  const source = new FakeSource(1024 * KIB, false);
  const client = new FakeClient("a", log);
  let over = false;
  const sent = send(client, source).then(() => over = true);
  turns.turn();
  client.destroy();
  await settled();
  assertEquals(over, false);
  source.arrive();
  await sent;
  assertEquals([log, client.listenerCount("drain"), client.listenerCount("close")], [[], 0, 0]);
});

Deno.test("send() rejects when the source fails, now or later", async () => {
  const broken: ByteSource = {
    size: 1024 * KIB,
    read: () => Promise.reject(new Error("disk on fire")),
    close: () => {},
  };
  const { turns, send, log } = world();
  const later = send(new FakeClient("a", log), broken);
  turns.turn();
  await assertRejects(() => later, Error, "disk on fire");
  const now = send(new FakeClient("b", log), { ...broken, readNow: () => 0 });
  turns.turn();
  await assertRejects(() => now, Error, "it ends at 0, not at 1048576");
});

Deno.test("a client who stalls is destroyed, while one who reads slowly is not", async () => {
  const { turns, watch, send, log } = world();
  const dead = new FakeClient("dead", log, 1);
  const slow = new FakeClient("slow", log, 1);
  const sent = send(dead, new FakeSource(4096 * KIB, true));
  send(slow, new FakeSource(4096 * KIB, true));
  for (let now = 0; now <= 120_000; now += 30_000) {
    while (turns.turn());
    watch.look(now);
    slow.drain(1);
  }
  await sent;
  assertEquals([dead.destroyed, slow.destroyed], [true, false]);
  slow.destroy();
});

Deno.test("whole() gives a small region that is at hand, and nothing else", () => {
  const { pump } = world();
  const bytes = new Uint8Array(128 * KIB).fill(7);
  const inMemory = bytesSource(bytes);
  const { view: _view, ...readable } = inMemory;
  const slow = { ...readable, readNow: () => undefined };
  const region = { start: 1000, end: 2000 };
  assertEquals(pump.whole({ source: inMemory, ...region }), bytes.subarray(1000, 2000));
  assertEquals(pump.whole({ source: readable, ...region }), bytes.slice(1000, 2000));
  assertEquals(pump.whole({ source: slow, ...region }), undefined);
  assertEquals(pump.whole({ source: inMemory, start: 0, end: 128 * KIB }), undefined);
  assertEquals(pump.whole({ source: inMemory, start: 5, end: 5 })?.length, 0);
});

/** A source that has nothing at its end until it is told. */
class WaitingSource implements ByteSource {
  there = 0;
  reads = 0;
  asked = 0;
  change = Promise.withResolvers<void>();

  constructor(readonly size: number) {}

  ready(position: number): Promise<void> | undefined {
    this.asked++;
    return position < this.there ? undefined : this.change.promise;
  }

  readNow(into: Uint8Array<ArrayBuffer>, position: number): number {
    this.reads++;
    return Math.min(into.length, this.there - position);
  }

  read(): Promise<number> {
    return Promise.reject(new Error("nothing was there to be read"));
  }

  arrive(there: number): void {
    this.there = there;
    this.change.resolve();
    this.change = Promise.withResolvers();
  }

  close(): void {}
}

Deno.test("what is not there yet is waited for without a turn, a read or a stall, and the head goes out", async () => {
  const { turns, watch, log, send } = world();
  const source = new WaitingSource(300 * KIB);
  const client = new FakeClient("a", log);
  const sending = send(client, source);
  turns.turn();
  assertEquals([source.reads, client.headFlushed], [0, true]);
  client.drain(Infinity);
  while (turns.turn());
  assertEquals(source.asked, 1);
  watch.look(0);
  watch.look(1_000_000);
  assertEquals(client.destroyed, false);
  source.arrive(100 * KIB);
  await settled();
  while (turns.turn());
  assertEquals(log, ["a 100"]);
  source.arrive(300 * KIB);
  await settled();
  while (turns.turn());
  await sending;
  assertEquals(log, ["a 100", "a 200"]);
});

Deno.test("a client that leaves is not kept by a source that has nothing", async () => {
  const { turns, log, send } = world();
  const client = new FakeClient("a", log);
  const sending = send(client, new WaitingSource(300 * KIB));
  turns.turn();
  client.destroy();
  await sending;
});

Deno.test("a source that will never have the rest ends the transmission with its reason", async () => {
  const { turns, log, send } = world();
  const source = new WaitingSource(300 * KIB);
  const sending = send(new FakeClient("a", log), source);
  turns.turn();
  source.change.reject(new Error("upstream lied"));
  await assertRejects(() => sending, Error, "upstream lied");
});
