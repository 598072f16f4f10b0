/** One system call. Its place in the trace is known twice: where it began, and where it had returned. */
export interface SystemCall {
  readonly name: string;
  /** As strace prints them, file descriptors with their paths (`-y`). */
  readonly args: string;
  /** Empty when it never returned. */
  readonly result: string;
  readonly start: number;
  readonly end: number;
}

/** Reads what `strace -f -y -o FILE` wrote; calls that were interrupted by others are put together again. */
export function parseStrace(text: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, { name: string; args: string; start: number }>();
  text.split("\n").forEach((line, index) => {
    const [, thread = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const begun = open.get(thread);
    if (resumed !== null && begun !== undefined) {
      open.delete(thread);
      const { args, result } = split(begun.args + (resumed[2] ?? ""));
      calls.push({ ...begun, args, result, end: index });
      return;
    }
    const [, name, tail = ""] = /^(\w+)\((.*)$/.exec(rest) ?? [];
    if (name === undefined) return;
    const unfinished = tail.indexOf(" <unfinished ...>");
    if (unfinished >= 0) {
      open.set(thread, { name, args: tail.slice(0, unfinished), start: index });
    } else calls.push({ name, ...split(tail), start: index, end: index });
  });
  return calls.sort((a, b) => a.start - b.start);
}

/** `3</a>, "x", 1) = 1` -> its two sides; strace pads what comes before the `=`. */
function split(text: string): { args: string; result: string } {
  const [, args = text, result = ""] = /^(.*)\)\s+= (.*)$/.exec(text) ?? [];
  return { args: args.trimEnd(), result };
}

/** Paths in quotes, in their order: `"/a", "/b"`. */
export function quotedPaths({ args }: SystemCall): string[] {
  return [...args.matchAll(/"((?:\\.|[^"\\])*)"/g)].map((match) => match[1] ?? "");
}

/** The path of the descriptor that is the first argument: `12</data/file>`. */
export function descriptorPath({ args }: SystemCall): string | undefined {
  return /^\d+<([^>]*)>/.exec(args)?.[1];
}

export function succeeded({ result }: SystemCall): boolean {
  return result !== "" && !result.startsWith("-1");
}
