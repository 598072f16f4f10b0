import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineBuffer } from "../../src/log/line_buffer.ts";

/** A timer that runs when it is told, and a sink that can refuse. */
class Surroundings {
  readonly batches: string[] = [];
  readonly lost: number[] = [];
  readonly waits: number[] = [];
  timer: (() => void) | undefined;
  /** Bytes that the sink takes of what it is offered. */
  takes: (offered: number) => number = (offered) => offered;
  readonly #decoder = new TextDecoder();

  open(maxPending?: number): LineBuffer {
    return new LineBuffer({
      sink: (bytes) => {
        const taken = this.takes(bytes.length);
        if (taken > 0) {
          this.batches.push(this.#decoder.decode(bytes.subarray(0, taken), { stream: true }));
        }
        return taken;
      },
      schedule: (run, ms) => {
        assertEquals(this.timer, undefined, "one timer at a time");
        this.waits.push(ms);
        this.timer = run;
        return () => this.timer = undefined;
      },
      onLost: (lines) => void this.lost.push(lines),
      ...(maxPending === undefined ? {} : { maxPending }),
    });
  }

  fire(): void {
    const run = this.timer;
    assert(run, "no timer is set");
    this.timer = undefined;
    run();
  }

  get text(): string {
    return this.batches.join("");
  }
}

const refuse = () => {
  throw new Error("EPIPE");
};

Deno.test("lines go out together when the timer fires", () => {
  const around = new Surroundings();
  const buffer = around.open();
  buffer.write("a\n");
  buffer.write("é\n");
  assertEquals(around.batches, []);
  around.fire();
  assertEquals(around.batches, ["a\né\n"]);
  assertEquals([around.waits, around.timer], [[5], undefined]);
});

Deno.test("32 KiB go out at once, and the timer is called off", () => {
  const around = new Surroundings();
  const buffer = around.open();
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 31; i++) buffer.write(line);
  assertEquals(around.batches, []);
  buffer.write(line);
  assertEquals([around.batches.length, around.text.length], [1, 32 * 1024]);
  assertEquals(around.timer, undefined);
});

Deno.test("flush() writes what waits, and nothing when nothing does", () => {
  const around = new Surroundings();
  const buffer = around.open();
  buffer.flush();
  buffer.write("a\n");
  buffer.flush();
  buffer.flush();
  assertEquals([around.batches, around.timer], [["a\n"], undefined]);
});

Deno.test("close() leaves no timer, and later lines go out at once", () => {
  const around = new Surroundings();
  const buffer = around.open();
  buffer.write("a\n");
  buffer.close();
  assertEquals([around.batches, around.timer], [["a\n"], undefined]);
  buffer.write("b\n");
  assertEquals([around.batches, around.timer], [["a\n", "b\n"], undefined]);
});

Deno.test("close() leaves no timer when the sink refuses either", () => {
  const around = new Surroundings();
  const buffer = around.open(10);
  around.takes = refuse;
  buffer.write("a\n");
  buffer.close();
  buffer.write("b\n");
  buffer.write("too long for it\n");
  assertEquals([around.batches, around.timer], [[], undefined]);
});

Deno.test("a sink that takes a part is offered the rest", () => {
  const around = new Surroundings();
  const buffer = around.open();
  around.takes = (offered) => Math.min(2, offered);
  buffer.write("äöü\n");
  buffer.flush();
  assertEquals(around.text, "äöü\n");
});

Deno.test("a sink that refuses throws at nobody, and gets the lines in order when it works again", () => {
  const around = new Surroundings();
  const buffer = around.open();
  around.takes = refuse;
  buffer.write("a\n");
  around.fire();
  buffer.write("b\n");
  buffer.write(`${"x".repeat(40_000)}\n`);
  assertEquals(around.waits, [5, 250]);
  around.takes = () => 0;
  around.fire();
  assertEquals([around.waits, around.text], [[5, 250, 250], ""]);
  around.takes = (offered) => offered;
  around.fire();
  assertEquals(around.text, `a\nb\n${"x".repeat(40_000)}\n`);
  assertEquals([around.lost, around.timer], [[], undefined]);
});

Deno.test("lines beyond the limit are dropped and counted, once the sink works again", () => {
  const around = new Surroundings();
  const buffer = around.open(10);
  around.takes = refuse;
  for (const line of ["aaaa\n", "bbbb\n", "c\n", "d\n"]) buffer.write(line);
  buffer.flush();
  buffer.write("e\n");
  assertEquals(around.lost, []);
  around.takes = (offered) => offered;
  around.fire();
  assertEquals([around.text, around.lost], ["aaaa\nbbbb\n", [3]]);
  buffer.write("f\n");
  buffer.flush();
  assertEquals([around.text, around.lost], ["aaaa\nbbbb\nf\n", [3]]);
});

Deno.test("a line longer than the limit is dropped and told of", () => {
  const around = new Surroundings();
  const buffer = around.open(10);
  buffer.write("longer than ten\n");
  around.fire();
  assertEquals([around.text, around.lost], ["", [1]]);
});

Deno.test("the sink gets exactly the lines that weren't counted as lost, whole and in order", () => {
  const step = fc.oneof(
    fc.nat(30).map((length) => ({ length })),
    fc.constantFrom<"timer" | "flush">("timer", "flush"),
    fc.nat(9).map((takes) => ({ takes })),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const around = new Surroundings();
    const buffer = around.open(64);
    const written: string[] = [];
    for (const [i, step] of steps.entries()) {
      if (step === "timer") {
        if (around.timer) around.fire();
      } else if (step === "flush") buffer.flush();
      else if ("takes" in step) {
        let left = step.takes;
        around.takes = (offered) => {
          const taken = Math.min(offered, left);
          left -= taken;
          return taken;
        };
      } else {
        const line = `${i}${"x".repeat(step.length)}\n`;
        written.push(line);
        buffer.write(line);
      }
    }
    around.takes = (offered) => offered;
    buffer.close();
    const got = around.text.split(/(?<=\n)/).filter((line) => line !== "");
    const lost = around.lost.reduce((sum, lines) => sum + lines, 0);
    assertEquals(got, written.filter((line) => got.includes(line)));
    assertEquals(got.length + lost, written.length);
  }));
});
