/** Longest output that is read. */
const MAX_OUTPUT = 64 * 1024;

export type HelperRun =
  | { readonly kind: "answered"; readonly output: Uint8Array }
  /** Why not, as the end of a sentence; never with what the program wrote, which may hold the secret. */
  | { readonly kind: "failed"; readonly reason: string };

/** Runs a program with `get` and a line of input, for so many milliseconds at most. */
export type RunHelper = (command: string, input: string, limit: number) => Promise<HelperRun>;

export const runHelper: RunHelper = async (command, input, limit) => {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: ["get"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such program" : nameOf(error);
    return { kind: "failed", reason: `it cannot be started: ${why}` };
  }
  const reader = child.stdout.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill(child);
    reader.cancel().catch(() => {}); // a child of its own may hold it open
  }, limit);
  try {
    const [, output] = await Promise.all([write(child, input), readBounded(reader)]);
    if (output === undefined) kill(child);
    const status = await child.status;
    if (late) return { kind: "failed", reason: `it has not ended within ${limit} ms` };
    if (output === undefined) {
      return { kind: "failed", reason: `it writes more than ${MAX_OUTPUT} bytes` };
    }
    if (!status.success) return { kind: "failed", reason: `it ended with status ${status.code}` };
    return { kind: "answered", output };
  } finally {
    clearTimeout(timer);
  }
};

async function write(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(`${input}\n`));
    await writer.close();
  } catch {
    // a program that reads nothing may have ended; its status says how
    await writer.abort().catch(() => {});
  }
}

/** Undefined: it was too much. */
async function readBounded(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > MAX_OUTPUT) {
      await reader.cancel();
      return undefined;
    }
    parts.push(part.value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended already
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
