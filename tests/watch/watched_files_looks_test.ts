import { assertEquals } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { Watch } from "./letters.ts";

Deno.test("a pair of which the second follows is read when both are there", async () => {
  await using folder = await TempFolder.make();
  const [cert, key] = [folder.at("cert"), folder.at("key")];
  await Deno.writeTextFile(cert, "1");
  await Deno.writeTextFile(key, "1");
  using looks = new ManualLooks();
  await using watch = await Watch.open(folder, [cert, key], {
    parse: (contents) => {
      const pair = contents.map((content) => new TextDecoder().decode(content)).join("|");
      if (pair[0] !== pair[2]) throw new Error("key: does not belong to the certificate");
      return pair;
    },
  });
  await Deno.writeTextFile(cert, "2");
  await looks.next();
  await Deno.writeTextFile(key, "2");
  await looks.next();
  assertEquals(watch.watched.current, "1|1");
  await looks.next();
  assertEquals([watch.watched.current, watch.reloads], ["2|2", [true]]);
});

Deno.test("a change counts when two looks in a row see the same, or at the third", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "one");
  using looks = new ManualLooks();
  await using watch = await Watch.open(folder, [path]);
  await Deno.writeTextFile(path, "bad half");
  await looks.next();
  await Deno.writeTextFile(path, "whole text");
  await looks.next();
  assertEquals(watch.reloads, []);
  await looks.next();
  assertEquals([watch.watched.current, watch.reloads], ["whole text", [true]]);
  await Deno.writeTextFile(path, "second");
  await looks.next();
  assertEquals(watch.watched.current, "whole text");
  await looks.next();
  assertEquals(watch.watched.current, "second");
  for (
    const [text, expected] of [["1", "second"], ["22", "second"], ["333", "333"]] as const
  ) {
    await Deno.writeTextFile(path, text);
    await looks.next();
    assertEquals(watch.watched.current, expected);
  }
});

Deno.test("a change that leaves no trace in the times is seen while the file is young", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("f");
  await Deno.writeTextFile(path, "one");
  using looks = new ManualLooks();
  using stats = new FrozenStats(await Deno.stat(path));
  await using watch = await Watch.open(folder, [path]);
  await Deno.writeTextFile(path, "two");
  await looks.next();
  assertEquals([watch.watched.current, watch.reloads], ["two", [true]]);
  stats.changed = new Date(Date.now() - 60_000);
  await watch.watched.reload();
  await Deno.writeTextFile(path, "six");
  await looks.next();
  assertEquals(watch.watched.current, "two");
});

/** Looks of what is opened meanwhile are taken when the test says so. */
class ManualLooks implements Disposable {
  readonly #real = globalThis.setInterval;
  #look: (() => unknown) | undefined;

  constructor() {
    const hold = (look: () => unknown) => {
      this.#look = look;
      return this.#real(() => {}, 1_000_000);
    };
    globalThis.setInterval = hold as typeof setInterval;
  }

  async next(): Promise<void> {
    await this.#look?.();
  }

  [Symbol.dispose](): void {
    globalThis.setInterval = this.#real;
  }
}

/** Every file looks like one of them, as on a file system whose clock stands still. */
class FrozenStats implements Disposable {
  readonly #real = Deno.stat;
  changed: Date;

  constructor(info: Deno.FileInfo) {
    this.changed = new Date();
    Deno.stat = () => Promise.resolve({ ...info, ctime: this.changed });
  }

  [Symbol.dispose](): void {
    Deno.stat = this.#real;
  }
}
