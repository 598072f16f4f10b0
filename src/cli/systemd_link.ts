/** What systemd.ts needs of the system. */

/** A sender of datagrams, in order: a READY that overtook its RELOADING would be the last word. @see ManagerLink.send */
export function datagramSender(): (path: string, message: string) => Promise<void> {
  let last = Promise.resolve();
  return (path, message) => {
    // there is nobody to tell that nobody listens
    last = last.then(() => sendDatagram(path, message)).catch(() => {});
    return last;
  };
}

async function sendDatagram(path: string, message: string): Promise<void> {
  // without a path it gets a name of the system, and leaves no file
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: "" });
  try {
    await socket.send(new TextEncoder().encode(message), { transport: "unixpacket", path });
  } finally {
    socket.close();
  }
}

/**
 * /proc/uptime has hundredths of a second, and counts the time asleep too, so that it is rather too large: systemd only asks whether
 * a reload began after its signal.
 */
export function monotonicUs(): number | undefined {
  try {
    const seconds = Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]);
    return Number.isFinite(seconds) ? Math.round((seconds + 0.01) * 1_000_000) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a unix socket that this process holds, before it is listened on: node tells none of an inherited one. */
export function socketPath(fd: number): string | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/self/fd/${fd}`))?.[1];
    // Num RefCount Protocol Flags Type St Inode Path (proc(5))
    const rows = Deno.readTextFileSync("/proc/net/unix").split("\n").map((line) =>
      /^(?:\S+ +){6}(\d+) (\/.*)$/.exec(line)
    );
    return rows.find((row) => row?.[1] === inode)?.[2];
  } catch {
    return undefined;
  }
}
