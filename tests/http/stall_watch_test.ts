import { assertEquals } from "@std/assert";
import { StallWatch, type Transfer } from "../../src/http/stall_watch.ts";

class FakeTransfer implements Transfer {
  waiting = true;
  progress = 0;
  stalls = 0;
  onStall(): void {
    this.stalls++;
  }
}

/** Looks once a second, after letting the peer do something. */
function look(
  watch: StallWatch,
  [from, to]: readonly [from: number, to: number],
  act = (_second: number) => {},
): void {
  for (let second = from; second <= to; second++) {
    act(second);
    watch.look(second * 1000);
  }
}

Deno.test("a transfer without progress is ended when the limit is over, once", () => {
  const watch = new StallWatch(60_000);
  const transfer = new FakeTransfer();
  watch.add(transfer);
  look(watch, [0, 59]);
  assertEquals(transfer.stalls, 0);
  look(watch, [60, 200]);
  assertEquals(transfer.stalls, 1);
});

Deno.test("progress of a KiB starts the limit anew, a byte a second does not", () => {
  const watch = new StallWatch(60_000);
  const modem = new FakeTransfer();
  const attacker = new FakeTransfer();
  watch.add(modem);
  watch.add(attacker);
  look(watch, [0, 200], (second) => {
    attacker.progress++;
    if (second % 50 === 0) modem.progress += 1024;
  });
  assertEquals([modem.stalls, attacker.stalls], [0, 1]);
});

Deno.test("what keeps us busy is not held against the peer", () => {
  const watch = new StallWatch(60_000);
  const transfer = new FakeTransfer();
  watch.add(transfer);
  look(watch, [0, 59]);
  transfer.waiting = false;
  look(watch, [60, 300]);
  transfer.waiting = true;
  look(watch, [301, 360]);
  assertEquals(transfer.stalls, 0);
  look(watch, [361, 361]);
  assertEquals(transfer.stalls, 1);
});

Deno.test("a transfer that was removed is left alone", () => {
  const watch = new StallWatch(60_000);
  const transfer = new FakeTransfer();
  watch.add(transfer);
  look(watch, [0, 30]);
  watch.remove(transfer);
  look(watch, [31, 200]);
  assertEquals(transfer.stalls, 0);
});
