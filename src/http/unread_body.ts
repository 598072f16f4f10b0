import type { IncomingMessage, ServerResponse } from "node:http";

/** What of an unwanted body is read and dropped. */
export const MOST_DRAINED = 1024 * 1024;
/** How long the client may take for it, … */
const DRAIN_MS = 2000;
/** … and to see the answer when it goes on sending: a reset would take the answer from it (Go's net/http waits as long). */
const LINGER_MS = 500;

/**
 * Ends a connection whose request has a body that nobody wants: the answer is out, the client is told that nothing follows, and is
 * given a moment to stop. Node would close at once, and the reset would overtake the answer.
 */
export function endUnread(request: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed) return;
  // Behind a pipelined request the socket is this answer's only when its turn has come.
  if (response.socket === null) response.once("socket", () => drain(request));
  else drain(request);
}

function drain(request: IncomingMessage): void {
  const { socket } = request;
  let left = MOST_DRAINED;
  let timer = setTimeout(() => socket.destroy(), DRAIN_MS);
  const onData = (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left >= 0) return;
    request.off("data", onData).pause();
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), LINGER_MS);
  };
  socket.once("close", () => clearTimeout(timer));
  request.on("error", () => {}); // it is being given up
  request.on("data", onData);
  request.on("end", () => socket.destroySoon()); // all of it came, so the client is done as well
  request.resume();
  socket.end();
}
