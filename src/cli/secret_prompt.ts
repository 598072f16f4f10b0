import type { Secret } from "./system.ts";

/** The part of a terminal that is needed; Deno.stdin is one. */
export interface TerminalInput {
  isTerminal(): boolean;
  /** Raw: keys come at once, and none is shown. */
  setRaw(mode: boolean): void;
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Asks on a terminal for a line that is not shown. */
export async function askSecret(
  prompt: string,
  input: TerminalInput,
  show: (text: string) => void,
): Promise<Secret> {
  if (!input.isTerminal()) return { kind: "noTerminal" };
  show(prompt);
  input.setRaw(true);
  try {
    const line = new SecretLine();
    const buffer = new Uint8Array(256);
    for (;;) {
      const count = await input.read(buffer);
      if (count === null) return { kind: "interrupted" };
      for (const byte of buffer.subarray(0, count)) {
        const secret = line.type(byte);
        if (secret !== undefined) return secret;
      }
    }
  } finally {
    input.setRaw(false);
    show("\n");
  }
}

const KEYS = {
  interrupt: 0x03,
  end: 0x04,
  backspace: 0x08,
  newline: 0x0a,
  enter: 0x0d,
  kill: 0x15,
  delete: 0x7f,
};

/** What is typed byte by byte, with the keys that edit it. */
class SecretLine {
  #bytes: number[] = [];

  /** @returns what came of it, once that is known */
  type(byte: number): Secret | undefined {
    switch (byte) {
      case KEYS.enter:
      case KEYS.newline:
        return { kind: "typed", text: new TextDecoder().decode(new Uint8Array(this.#bytes)) };
      case KEYS.interrupt:
      case KEYS.end:
        return { kind: "interrupted" };
      case KEYS.backspace:
      case KEYS.delete:
        this.#backspace();
        break;
      case KEYS.kill:
        this.#bytes = [];
        break;
      default:
        this.#bytes.push(byte);
    }
    return undefined;
  }

  /** Takes back one character of UTF-8. */
  #backspace(): void {
    while (((this.#bytes.pop() ?? 0) & 0xc0) === 0x80);
  }
}
