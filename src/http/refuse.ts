import type { Arrival, Connection } from "./connection.ts";
import { endUnread } from "./unread_body.ts";

/** Answers a request that no handler gets to see, in plain words, and makes it the connection's last. */
export function refuse(
  { request, response }: Arrival,
  connection: Connection,
  status: number,
  reason: string,
): void {
  connection.closing = true;
  const body = `${reason}\n`;
  response.on("error", () => {}); // whoever sends such things may well be gone
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Content-Length": body.length,
    Connection: "close",
  });
  if (request.method !== "HEAD") response.write(body);
  else response.flushHeaders();
  if (request.complete) response.end();
  else endUnread(request, response);
}
