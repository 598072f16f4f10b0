import process from "node:process";
import type { Family, Sample } from "./family.ts";

const KIB = 1024; // proc(5) calls it kB

/**
 * What Go's client library tells of the process, by its names, and the heap. Virtual memory and files come from /proc, which the
 * runtime lets nobody read who has not all permissions: without them these series are absent, not 0.
 */
export function processFamilies(version: string): Family[] {
  return [
    gauge("berth_build_info", "The version of berth and of its runtime; always 1.", () => [
      { labels: { version, deno: Deno.version.deno }, value: 1 },
    ]),
    {
      name: "process_cpu_seconds_total",
      help: "Total user and system CPU time spent in seconds.",
      type: "counter",
      samples: () => {
        const { user, system } = process.cpuUsage();
        return plain((user + system) / 1e6);
      },
    },
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      () => plain(performance.timeOrigin / 1000),
    ),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory size in bytes.",
      () => plain(Deno.memoryUsage().rss),
    ),
    gauge(
      "process_virtual_memory_bytes",
      "Virtual memory size in bytes.",
      () => plain(virtualMemory()),
    ),
    gauge("process_open_fds", "Number of open file descriptors.", () => plain(openFiles())),
    gauge(
      "process_max_fds",
      "Maximum number of open file descriptors.",
      () => plain(numberIn("/proc/self/limits", /^Max open files +(\d+)/m)),
    ),
    gauge(
      "berth_heap_used_bytes",
      "Memory of JavaScript objects in bytes, of the main thread.",
      () => plain(Deno.memoryUsage().heapUsed),
    ),
    gauge(
      "berth_heap_size_bytes",
      "Memory taken for JavaScript objects in bytes, of the main thread.",
      () => plain(Deno.memoryUsage().heapTotal),
    ),
  ];
}

function gauge(name: string, help: string, samples: () => Sample[]): Family {
  return { name, help, type: "gauge", samples };
}

function plain(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function virtualMemory(): number | undefined {
  const kibibytes = numberIn("/proc/self/status", /^VmSize:\s+(\d+) kB/m);
  return kibibytes && kibibytes * KIB;
}

function openFiles(): number | undefined {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length - 1; // without the one that reads them
  } catch {
    return undefined;
  }
}

function numberIn(path: string, pattern: RegExp): number | undefined {
  try {
    const text = pattern.exec(Deno.readTextFileSync(path))?.[1];
    return text === undefined ? undefined : Number(text);
  } catch {
    return undefined;
  }
}
