import { dirname } from "@std/path";
import type { Logger } from "../../log/logger.ts";
import { DEFAULT_COST } from "./htpasswd_file.ts";

/**
 * Makes a file with the user `docker` and a random password where there is none, and shows the password in the log, as distribution
 * does (createHtpasswdFile). @throws Error with a sentence when it cannot be made
 */
export async function provideHtpasswd(path: string, logger: Logger): Promise<void> {
  if (await isThere(path)) return;
  // the isolate that serves requests needs bcrypt for nothing else
  const { hashPassword } = await import("./bcrypt.ts");
  const password = randomPassword();
  const hash = await hashPassword(password, DEFAULT_COST);
  if (!await make(path, `docker:${hash}\n`)) return;
  // it is shown only now, so not at a level that is left out
  const level = logger.enabled("warn") ? "warn" : "error";
  logger[level]("htpasswd is missing, provisioning with default user", {
    user: "docker",
    password,
  });
}

/** @returns false when another process was faster */
async function make(path: string, content: string): Promise<boolean> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(content);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot make the htpasswd file ${path}, which is missing: ${why}. Make it by: berth htpasswd -Bc FILE USER`,
    );
  }
}

/** Not missing. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // what else is wrong with it is told by whoever reads it
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** 32 random bytes in base64url: 43 characters. */
function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 43);
}
