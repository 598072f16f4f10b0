import type { LogConfig } from "../config/config.ts";
import type { System } from "./system.ts";

export interface StartLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Writes what is to be said before there is a server, and after it, to stderr: sentences for people, or lines of JSON when the log is read
 * by a machine.
 */
export function makeStartLog(
  { formatter }: Pick<LogConfig, "formatter">,
  system: System,
): StartLog {
  const write = (level: string, message: string) => {
    system.err(
      formatter === "text"
        ? asText(level, message)
        : asJson(level, message, formatter, system.now()),
    );
  };
  return {
    info: (message) => write("info", message),
    warn: (message) => write("warning", message),
    error: (message) => write("error", message),
  };
}

function asText(level: string, message: string): string {
  return level === "info" ? `${message}\n` : `${level}: ${message}\n`;
}

function asJson(level: string, message: string, formatter: string, now: Date): string {
  const time = now.toISOString();
  const line = formatter === "logstash"
    ? { "@timestamp": time, "@version": "1", level, message }
    : { level, msg: message, time };
  return `${JSON.stringify(line)}\n`;
}
