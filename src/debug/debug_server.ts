import type { Clock } from "../async/clock.ts";
import type { Handler } from "../http/exchange.ts";
import { type Listener, startListener } from "../http/listener.ts";
import { createPipeline } from "../http/pipeline.ts";
import type { Logger } from "../log/logger.ts";

export interface DebugServerOptions {
  /** "" for all interfaces. */
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what is a fault of ours; `id` of the request, when there is one. */
  readonly onFault: (error: unknown, id?: string) => void;
}

/** The debug address cannot be listened on; the cause has the system's code. */
export class DebugListenError extends Error {
  override readonly name = "DebugListenError";
}

/** A scraper, some probes and an operator: no more, so that nobody takes the registry's files away from here. */
const CONNECTIONS = { connections: 100, backlog: 128 };
const LIMITS = {
  headerTimeout: 10_000,
  idleTimeout: 120_000,
  bodyTimeout: 10_000,
  maxHeaderBytes: 16 * 1024,
};

/** Listens on `http.debug.addr`. @throws DebugListenError */
export async function startDebugServer(
  handler: Handler,
  { host, port, clock, logger, onFault }: DebugServerOptions,
): Promise<Listener> {
  const pipeline = createPipeline(handler, {
    clock,
    onEnd: () => {}, // distribution writes no lines of these either
    onFault: (exchange, error) => onFault(error, exchange.id),
  });
  const address = { net: "tcp", host, port } as const;
  const limits = { ...LIMITS, connectionLimits: CONNECTIONS };
  try {
    const listener = await startListener({ address, ...limits, onFault }, pipeline);
    if (!isLoopback(host)) logger.warn(EXPOSED, { "http.debug.addr": `${host}:${port}` });
    return listener;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DebugListenError(`error listening on debug interface: ${why}`, { cause: error });
  }
}

const EXPOSED =
  "the debug address listens beyond this machine and asks nobody who he is: whoever reaches it reads the metrics and can take the " +
  "registry down or make it read-only. Keep it behind a firewall, or set http.debug.addr to 127.0.0.1 and a port";

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
