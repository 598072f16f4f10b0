import { assertEquals } from "@std/assert";
import { askSecret } from "../../src/cli/secret_prompt.ts";
import type { Secret } from "../../src/cli/system.ts";

/** A terminal on which this is typed, in these pieces. */
async function typing(...pieces: (string | Uint8Array)[]) {
  const modes: boolean[] = [];
  let shown = "";
  const answer = await askSecret("Password: ", {
    isTerminal: () => true,
    setRaw: (mode) => modes.push(mode),
    read: (buffer) => {
      const piece = pieces.shift();
      if (piece === undefined) return Promise.resolve(null);
      const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
      buffer.set(bytes);
      return Promise.resolve(bytes.length);
    },
  }, (text) => shown += text);
  // whatever happens, the terminal is as it was
  assertEquals([modes, shown], [[true, false], "Password: \n"]);
  return answer;
}

const typed = (text: string): Secret => ({ kind: "typed", text });

Deno.test("what is typed is not shown, up to Enter", async () => {
  assertEquals(await typing("pw\r"), typed("pw"));
  assertEquals(await typing("p", "w", "\n"), typed("pw"));
  assertEquals(await typing("\r"), typed(""));
  assertEquals(await typing("pw\rmore"), typed("pw"));
});

Deno.test("Backspace takes back a character, Ctrl-U all", async () => {
  assertEquals(await typing("pa\x7fw\r"), typed("pw"));
  assertEquals(await typing("pö\bw\r"), typed("pw"));
  assertEquals(await typing("p😀", "\x7f\x7f\x7fw\r"), typed("w"));
  assertEquals(await typing("wrong\x15pw\r"), typed("pw"));
});

Deno.test("a character may come in pieces", async () => {
  assertEquals(await typing(new Uint8Array([0xc3]), new Uint8Array([0xb6, 0x0d])), typed("ö"));
});

Deno.test("Ctrl-C, Ctrl-D and a terminal that goes away interrupt", async () => {
  for (const end of ["pw\x03", "pw\x04", "pw"]) {
    assertEquals(await typing(end), { kind: "interrupted" });
  }
});

Deno.test("without a terminal nothing is asked", async () => {
  const answer = await askSecret("Password: ", {
    isTerminal: () => false,
    setRaw: () => {
      throw new Error("not a terminal");
    },
    read: () => Promise.resolve(null),
  }, () => {
    throw new Error("nobody sees it");
  });
  assertEquals(answer, { kind: "noTerminal" });
});
