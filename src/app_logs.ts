import type { Config } from "./config/config.ts";
import type { Exchange } from "./http/exchange.ts";
import { clientAddress } from "./http/forwarded.ts";
import type { Outcome } from "./http/pipeline.ts";
import { createAccessLog } from "./log/access_log.ts";
import { createAppLog } from "./log/app_log.ts";
import { LineBuffer } from "./log/line_buffer.ts";
import type { Logger } from "./log/logger.ts";
import { logCompleted } from "./log/request_log.ts";

/** The application log on stderr and the access log on stdout, as distribution has them. */
export interface AppLogs {
  readonly logger: Logger;
  /** Writes the lines of an exchange that has ended. */
  completed(exchange: Exchange, outcome: Outcome): void;
  /** Writes the line of what is a fault of ours or of the store, with its stack. */
  fault(error: unknown, id?: string): void;
  /** Writes out what is still held back. */
  close(): void;
}

/** @param version goes into every line, as in distribution */
export function openAppLogs(config: Config, version: string): AppLogs {
  const lost = (lines: number) =>
    logger.warn("log lines were dropped: the output did not take them", { lines });
  const stdout = lineBuffer(Deno.stdout, lost);
  const stderr = lineBuffer(Deno.stderr, lost);
  const logger = createAppLog({
    level: config.log.level,
    formatter: config.log.formatter,
    fields: { ...config.log.fields, version, "instance.id": crypto.randomUUID() },
    write: (line) => stderr.write(line),
  });
  const access = config.log.accesslog.disabled
    ? undefined
    : createAccessLog((line) => stdout.write(line));
  return {
    logger,
    completed: (exchange, outcome) => {
      access?.log({
        remoteAddress: exchange.remoteAddress,
        method: exchange.method,
        target: exchange.target,
        httpVersion: exchange.httpVersion,
        status: outcome.status,
        bytes: exchange.bytesSent,
        referer: exchange.header("referer"),
        userAgent: exchange.header("user-agent"),
        at: outcome.startedAt,
      });
      logCompleted(logger, {
        exchange,
        remoteAddress: clientAddress(exchange),
        status: outcome.status,
        durationMs: outcome.durationMs,
        bytes: exchange.bytesSent,
        notes: exchange.notes,
        error: outcome.error,
      });
    },
    fault: (error, id) => {
      const stack = error instanceof Error ? error.stack ?? error.message : String(error);
      logger.error("a fault that is not the client's", {
        "http.request.id": id,
        "err.stack": stack,
      });
    },
    close: () => {
      stdout.close();
      stderr.close();
    },
  };
}

function lineBuffer(
  file: { writeSync(bytes: Uint8Array): number },
  onLost: (lines: number) => void,
): LineBuffer {
  return new LineBuffer({
    onLost,
    sink: (bytes) => file.writeSync(bytes),
    schedule: (run, ms) => {
      const timer = setTimeout(run, ms);
      Deno.unrefTimer(timer);
      return () => clearTimeout(timer);
    },
  });
}
