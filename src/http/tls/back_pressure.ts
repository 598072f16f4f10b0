import type { TLSSocket } from "node:tls";

interface Reading {
  readStart(): number;
  readStop(): number;
}

/**
 * Makes a paused TLS socket stop reading. On Deno 2.9.6 `readStop` of a TLS handle only keeps plain text back, while the connection
 * below is read on: a paused upload grew to 2 GB of memory in 4 s (Deno's ext/node/ops/tls_wrap.rs says so at `read_stop`). To be
 * called after the handshake, which needs to read.
 * @returns false when the runtime has none of the private parts that this takes
 */
export function mendBackPressure(socket: TLSSocket): boolean {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (!isReading(handle)) return false;
  const parent: unknown = Reflect.get(handle, "_parent");
  if (!isReading(parent)) return false;
  const { readStart, readStop } = handle;
  handle.readStop = () => {
    parent.readStop();
    return readStop.call(handle);
  };
  handle.readStart = () => {
    const result = readStart.call(handle);
    parent.readStart();
    return result;
  };
  return true;
}

function isReading(value: unknown): value is Reading {
  return typeof value === "object" && value !== null &&
    typeof Reflect.get(value, "readStart") === "function" &&
    typeof Reflect.get(value, "readStop") === "function";
}
