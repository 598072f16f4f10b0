import { RegistryError } from "../oci/error.ts";
import type { Arrival, Connection } from "./connection.ts";
import { endUnread } from "./unread_body.ts";

/** Answers a request that no handler gets to see, in plain words, and makes it the connection's last. */
export function refuse(
  arrival: Arrival,
  connection: Connection,
  status: number,
  reason: string,
): void {
  answer(arrival, connection, status, "text/plain; charset=utf-8", `${reason}\n`);
}

/** Answers a client that is let in nowhere, in the form in which registry clients show a reason, and ends the connection. */
export function refuseClient(arrival: Arrival, connection: Connection, reason: string): void {
  const error = new RegistryError("DENIED", { message: reason }); // docker shows no detail
  const body = `${JSON.stringify({ errors: error.elements() })}\n`;
  answer(arrival, connection, error.status, "application/json", body);
}

function answer(
  { request, response }: Arrival,
  connection: Connection,
  status: number,
  contentType: string,
  body: string,
): void {
  connection.closing = true;
  response.on("error", () => {}); // whoever sends such things may well be gone
  response.writeHead(status, {
    "Content-Type": contentType,
    "X-Content-Type-Options": "nosniff",
    "Content-Length": new TextEncoder().encode(body).length,
    Connection: "close",
  });
  if (request.method !== "HEAD") response.write(body);
  else response.flushHeaders();
  if (request.complete) response.end();
  else endUnread(request, response);
}
