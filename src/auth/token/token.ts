import { readFiles, WatchedFiles } from "../../watch/watched_files.ts";
import type { AccessController } from "../access_controller.ts";
import { TokenController, type TokenParts, type TokenRules } from "./token_controller.ts";
import { type KeyFiles, pathsOf, readTokenKeys } from "./token_keys.ts";

/** `auth.token`. */
export interface TokenOptions extends KeyFiles, TokenRules {}

export interface OpenTokenParts extends TokenParts {
  /** Between two looks at the files, in milliseconds, see WatchOptions. */
  readonly interval?: number;
}

/**
 * Lets in who brings a token of the configured issuer, to what the token says (distribution's registry/auth/token). Its keys are read
 * again when their files change, which revokes what they no longer hold.
 * @throws Error with a sentence that names the file that cannot be used
 */
export async function openToken(
  options: TokenOptions,
  parts: OpenTokenParts,
): Promise<AccessController> {
  const { logger, metrics, interval } = parts;
  const keys = await WatchedFiles.open({
    what: "Token keys",
    paths: pathsOf(options),
    parse: (contents) => readTokenKeys(options, contents, logger),
    ...(interval === undefined ? {} : { interval }),
    logger,
    onReload: (isGood) => metrics.reloaded("token", isGood),
  });
  return new TokenController(options, parts, keys);
}

/** Reads the files of keys. @returns what there is to be told @throws as `openToken` does */
export async function checkToken(files: KeyFiles): Promise<readonly string[]> {
  const notes: string[] = [];
  const logger = { warn: (message: string) => void notes.push(message) };
  const parse = (contents: readonly Uint8Array<ArrayBuffer>[]) => {
    notes.length = 0; // they are read again when they change meanwhile
    return readTokenKeys(files, contents, logger);
  };
  await readFiles({ paths: pathsOf(files), parse });
  return notes;
}
