import { run } from "../../tests/support/process.ts";
import { requireTool } from "../../tests/support/tools.ts";

export interface WrkResult {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  /** In milliseconds. */
  readonly p99: number;
}

/** Runs wrk with one thread. @throws when an answer was not 2xx or 3xx */
export async function wrk(
  url: string,
  seconds: number,
  options: { readonly connections?: number; readonly headers?: readonly string[] } = {},
): Promise<WrkResult> {
  const { connections = 16, headers = [] } = options;
  const { stdout } = await run([
    requireTool("wrk"),
    ...["-t1", `-c${connections}`, `-d${Math.max(1, Math.round(seconds))}s`, "--latency"],
    ...headers.flatMap((header) => ["-H", header]),
    url,
  ]);
  if (stdout.includes("Non-2xx")) throw new Error(`Cannot measure ${url}: ${stdout}`);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    bytesPerSecond: bytesOf(/Transfer\/sec:\s+(\S+)/.exec(stdout)?.[1] ?? ""),
    p99: millisecondsOf(/99%\s+(\S+)/.exec(stdout)?.[1] ?? ""),
  };
}

/** HEAD requests per second by ApacheBench: wrk waits for the body that an answer to HEAD doesn't have. */
export async function abHead(
  url: string,
  seconds: number,
  headers: readonly string[] = [],
): Promise<number> {
  const { stdout } = await run([
    requireTool("ab"),
    ...["-q", "-i", "-k", "-c16", "-n1000000", `-t${Math.max(1, Math.round(seconds))}`],
    ...headers.flatMap((header) => ["-H", header]),
    url,
  ]);
  const failed = Number(/Failed requests:\s+(\d+)/.exec(stdout)?.[1]);
  if (failed > 0 || stdout.includes("Non-2xx")) throw new Error(`Cannot measure ${url}: ${stdout}`);
  return Number(/Requests per second:\s+([\d.]+)/.exec(stdout)?.[1]);
}

/** "1.23GB" -> bytes; wrk counts in powers of two. */
function bytesOf(text: string): number {
  const [, digits, unit] = /^([\d.]+)([KMG]?)B$/.exec(text) ?? [];
  return Number(digits) * 1_024 ** " KMG".indexOf(unit || " ");
}

/** "950.00us", "1.20ms", "2.00s" -> milliseconds. */
function millisecondsOf(text: string): number {
  const [, digits, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(digits) * ({ us: 0.001, ms: 1, s: 1_000 }[unit ?? ""] ?? NaN);
}
