import { TOKEN_PATH } from "./api/token.ts";
import { systemClock } from "./async/clock.ts";
import type { AccessController, Credentials } from "./auth/access_controller.ts";
import { anonymous } from "./auth/anonymous.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { everyUser } from "./auth/every_user.ts";
import { checkHtpasswd, openHtpasswd } from "./auth/htpasswd/htpasswd.ts";
import { byRules } from "./auth/rules/rules.ts";
import { silly } from "./auth/silly.ts";
import { checkToken, openToken } from "./auth/token/token.ts";
import type { AuthConfig, Config, HttpConfig } from "./config/config.ts";
import { createLocation } from "./http/location.ts";
import { checkTls, openTls, type Tls } from "./http/tls/tls.ts";
import type { Logger } from "./log/logger.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { FileFindings } from "./running_app.ts";

/** Who is let in: users, rights, TLS. */
export interface Doors {
  readonly access: AccessController;
  /** Undefined: plain HTTP. */
  readonly tls: Tls | undefined;
  /** Reads their files again. What cannot be used leaves the old in force, and is told to the log. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

interface DoorParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Rejects, with a sentence that names the file, when one of their files cannot be used. */
export async function openDoors(config: Config, parts: DoorParts): Promise<Doors> {
  const access = await openAccess(config, parts);
  try {
    const tls = config.http.tls &&
      await openTls({ ...config.http.tls, ...parts, clock: systemClock });
    const { metrics } = parts;
    const { kind } = config.auth;
    if (kind === "htpasswd" || kind === "token") metrics.reloaded(kind, true);
    if (tls) metrics.reloaded("tls", true);
    return {
      access,
      tls,
      reload: async () => {
        await Promise.all([access.reload?.(), tls?.reload()]);
      },
      close: async () => {
        await Promise.all([access.close?.(), tls?.close()]);
      },
    };
  } catch (error) {
    await access.close?.();
    throw error;
  }
}

/** Reads all of their files once; nothing is made or written. */
export async function checkDoors({ auth, http }: Config): Promise<FileFindings> {
  const checks = [checkAuth(auth), ...(http.tls ? [checkTls(http.tls)] : [])];
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const result of await Promise.allSettled(checks)) {
    if (result.status === "fulfilled") warnings.push(...result.value);
    else errors.push(messageOf(result.reason));
  }
  return { errors, warnings };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function checkAuth(auth: AuthConfig): Promise<readonly string[]> {
  if (auth.kind === "htpasswd") return await checkHtpasswd(auth.path);
  return auth.kind === "token" ? await checkToken(auth) : [];
}

async function openAccess(config: Config, parts: DoorParts): Promise<AccessController> {
  const { auth } = config;
  switch (auth.kind) {
    case "none":
      return ruled(config, undefined);
    case "htpasswd":
      return ruled(config, await openHtpasswd({ ...auth, ...parts }));
    case "token":
      return await openToken(auth, { ...parts, clock: systemClock });
    case "silly":
      return silly(auth);
  }
}

/** `access` decides who may do what; without it whoever is a user may do everything, and everybody where there are no users. */
function ruled({ access, http }: Config, users: Authenticator | undefined): AccessController {
  if (access !== undefined) return byRules(access, users, tokenRealm(http));
  return users === undefined ? anonymous : everyUser(users);
}

/** Where clients find tokens: an absolute URL, whatever `http.relativeurls` says of others. */
function tokenRealm(http: HttpConfig): (credentials: Credentials) => string | undefined {
  const location = createLocation({ ...http, relativeurls: false });
  return (credentials) => {
    const url = location(credentials, TOKEN_PATH);
    return url.startsWith("/") ? undefined : url;
  };
}
