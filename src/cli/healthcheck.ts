import { parseArgs } from "@std/cli/parse-args";
import { parseDuration } from "../config/duration.ts";
import type { Command } from "./command.ts";
import { ConfigFileError, describeErrors, loadFrom } from "./config_source.ts";
import { EXIT } from "./exit_code.ts";
import { type Target, targetOfConfig, targetOfUrl } from "./probe.ts";
import type { System } from "./system.ts";

const DEFAULT_LIMIT_MS = 5000;

export const HEALTHCHECK: Command = {
  name: "healthcheck",
  summary: "ask a running registry how it is",
  takes: "[url]",
  flags: {
    timeout: "give up after this time, 5s by default",
    config: "take the address from this file, not from where serve looks",
  },
  readsArguments: true,
  about:
    "For HEALTHCHECK of containers: exit status 0 when it is well, 1 and one line when it is not.\n" +
    "Without a URL it asks where the configuration of serve listens: http.debug.addr if there is one,\n" +
    "else http.addr. 200 to 399 is well, and so is 401. Certificates of this machine are not verified.\n",

  async run({ positional }, system) {
    const request = readArguments(positional);
    if (typeof request === "string") {
      system.err(`${request}\n`);
      return EXIT.USAGE;
    }
    try {
      const { url, config, limitMs } = request;
      const target = url === undefined ? await configured(config, system) : targetOfUrl(url);
      const failure = await askTarget(target, limitMs, system);
      if (failure === undefined) return EXIT.OK;
      system.err(`unhealthy: ${oneLine(`${target.text} ${failure}`)}\n`);
    } catch (error) {
      system.err(`${oneLine(error instanceof Error ? error.message : String(error))}\n`);
    }
    return EXIT.FAILURE;
  },
};

interface Request {
  readonly url: string | undefined;
  readonly config: string | undefined;
  readonly limitMs: number;
}

/** @returns a sentence when they are not understood */
function readArguments(args: readonly string[]): Request | string {
  let unknown: string | undefined;
  const parsed = parseArgs(args, {
    string: ["timeout", "config", "_"],
    unknown: (argument, key) => {
      if (key !== undefined) unknown ??= argument;
      return key === undefined;
    },
  });
  if (unknown !== undefined) return `Unknown flag ${unknown}: expected --timeout or --config`;
  const [url, ...others] = parsed._.map(String);
  if (others.length > 0) return `Expected one URL, found ${others.length + 1}`;
  const { timeout, config } = parsed;
  if (config === "" || (config !== undefined && url !== undefined)) {
    return "Expected a URL, or --config and a file";
  }
  const limitMs = timeout === undefined ? DEFAULT_LIMIT_MS : limitOf(String(timeout));
  if (limitMs === undefined) return `Found --timeout ${timeout}, expected a time such as 5s`;
  return { url, config: config === undefined ? undefined : String(config), limitMs };
}

/** A bare number is seconds. */
function limitOf(text: string): number | undefined {
  const limit = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  return limit !== undefined && limit >= 1 && limit < 2 ** 31 ? limit : undefined;
}

async function configured(path: string | undefined, system: System): Promise<Target> {
  const args = { positional: path === undefined ? [] : [path], flags: new Set<string>() };
  const { loaded } = await loadFrom(args, system);
  if (!loaded.ok) throw new ConfigFileError(describeErrors(loaded.errors));
  return targetOfConfig(loaded.config.http);
}

/** @returns what is wrong */
async function askTarget(
  target: Target,
  limitMs: number,
  system: System,
): Promise<string | undefined> {
  try {
    const { status, text } = await system.probe(target, limitMs);
    if ((status >= 200 && status < 400) || status === 401) return undefined;
    return `answered ${status} ${text}`;
  } catch (error) {
    return `does not answer: ${error instanceof Error ? error.message : error}`;
  }
}

/** What a server says may hold anything; a container's log keeps one line. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
}
