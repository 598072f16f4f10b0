import type { Authenticator, Identity } from "../../../src/auth/authenticator.ts";
import { hashPassword } from "../../../src/auth/htpasswd/bcrypt.ts";
import type { CheckOutcome } from "../../../src/auth/htpasswd/bcrypt_pool.ts";
import type { BcryptCheck } from "../../../src/auth/htpasswd/bcrypt_worker_protocol.ts";
import { checkPassword } from "../../../src/auth/htpasswd/check_password.ts";
import {
  type HtpasswdOptions,
  openHtpasswd,
  type PasswordChecker,
} from "../../../src/auth/htpasswd/htpasswd.ts";
import type { CredentialOutcome } from "../../../src/metrics/metrics.ts";
import { eventually } from "../../support/eventually.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { TempFolder } from "../../support/temp_folder.ts";

/** A file of users and what is made of it, with passwords checked in this isolate, when the test says so. */
export class HtpasswdWorld implements AsyncDisposable, PasswordChecker {
  readonly log = new RecordedLog();
  readonly outcomes: CredentialOutcome[] = [];
  readonly reloads: boolean[] = [];
  /** What was asked to be checked, and for whom. */
  readonly checks: BcryptCheck[] = [];
  readonly owners: string[] = [];
  readonly retryAfter = 7;
  isBusy = false;
  /** Checks instead, if there is one. */
  pool: PasswordChecker | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  #htpasswd: Authenticator | undefined;

  private constructor(readonly path: string, private readonly folder?: TempFolder) {}

  /** @param users their passwords by name, hashed at cost 4 */
  static async open(
    users: Readonly<Record<string, string>>,
    options: Partial<HtpasswdOptions> = {},
  ): Promise<HtpasswdWorld> {
    return await HtpasswdWorld.openWith(await fileOf(users), options);
  }

  /** @param content of the file; undefined: there is none, nor its folder */
  static async openWith(
    content: string | undefined,
    options: Partial<HtpasswdOptions> = {},
  ): Promise<HtpasswdWorld> {
    const folder = await TempFolder.make();
    const world = new HtpasswdWorld(folder.at("made", "htpasswd"), folder);
    try {
      if (content !== undefined) await Deno.mkdir(folder.at("made"));
      if (content !== undefined) await world.write(content);
      await world.#open(options);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async openAt(path: string): Promise<HtpasswdWorld> {
    const world = new HtpasswdWorld(path);
    await world.#open({});
    return world;
  }

  async #open(options: Partial<HtpasswdOptions>): Promise<void> {
    this.#htpasswd = await openHtpasswd({
      realm: "r",
      path: this.path,
      logger: this.log,
      metrics: {
        credentials: (outcome) => this.outcomes.push(outcome),
        reloaded: (_what, isGood) => this.reloads.push(isGood),
      },
      // only when it is asked for
      interval: 1_000_000,
      checker: this,
      ...options,
    });
  }

  get htpasswd(): Authenticator {
    if (this.#htpasswd === undefined) throw new Error("It was not opened");
    return this.#htpasswd;
  }

  identify(user: string, password: string, remoteAddress?: string): Identity | Promise<Identity> {
    const bytes = new TextEncoder().encode(`${user}:${password}`);
    return this.identifyBy(`Basic ${btoa(String.fromCharCode(...bytes))}`, remoteAddress);
  }

  identifyBy(header: string | undefined, remoteAddress = "::1"): Identity | Promise<Identity> {
    return this.htpasswd.identify({
      header: (name) => name === "authorization" ? header : undefined,
      remoteAddress,
      secure: true,
    });
  }

  async check(check: BcryptCheck, owner: string): Promise<CheckOutcome> {
    this.checks.push(check);
    this.owners.push(owner);
    if (this.pool !== undefined) return await this.pool.check(check, owner);
    const isRight = checkPassword(check);
    await this.#gate?.promise;
    return this.isBusy ? "busy" : isRight ? "right" : "wrong";
  }

  close(): void {
    this.release();
  }

  /** Checks end when they are released. */
  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  hash(password: string, cost = 4): Promise<string> {
    return hashPassword(password, cost);
  }

  write(content: string): Promise<void> {
    return Deno.writeTextFile(this.path, content);
  }

  content(): Promise<string> {
    return Deno.readTextFile(this.path);
  }

  /** As at SIGHUP. */
  async read(): Promise<void> {
    await this.htpasswd.reload?.();
  }

  async users(users: Readonly<Record<string, string>>): Promise<void> {
    await this.write(await fileOf(users));
    await this.read();
  }

  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    return eventually(what, isSo);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#htpasswd?.close?.();
    await this.folder?.[Symbol.asyncDispose]();
  }
}

async function fileOf(users: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(users).map(async ([user, password]) =>
    `${user}:${await hashPassword(password, 4)}\n`
  );
  return (await Promise.all(lines)).join("");
}
