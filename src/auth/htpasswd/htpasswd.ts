import { SingleFlight } from "../../async/single_flight.ts";
import type { Logger } from "../../log/logger.ts";
import type { CredentialOutcome, Metrics } from "../../metrics/metrics.ts";
import { readFiles, WatchedFiles } from "../../watch/watched_files.ts";
import type { Credentials } from "../access_controller.ts";
import type { Authenticator, Identity } from "../authenticator.ts";
import { type BasicCredentials, decodeBasic, readBasicHeader } from "../basic.ts";
import { basicChallenge } from "../basic_challenge.ts";
import { BcryptPool, type CheckOutcome } from "./bcrypt_pool.ts";
import type { BcryptCheck } from "./bcrypt_worker_protocol.ts";
import { clientNetwork } from "../client_network.ts";
import { CredentialCache } from "./credential_cache.ts";
import { isThere, provideHtpasswd } from "./default_user.ts";
import { dummyHash } from "./bcrypt_hash.ts";
import { parseHtpasswd, type Users } from "./htpasswd_file.ts";

export interface HtpasswdOptions {
  readonly realm: string;
  /** Of the file; it is made when it is missing. */
  readonly path: string;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "credentials" | "reloaded">;
  /** Of WatchedFiles. */
  readonly interval?: number;
  /** Others, for tests. */
  readonly checker?: PasswordChecker;
}

/** BcryptPool, as it is used here. */
export interface PasswordChecker {
  /** Seconds after which a client that was refused may try again. */
  readonly retryAfter: number;
  check(check: BcryptCheck, owner: string): Promise<CheckOutcome>;
  close(): void;
}

const ANONYMOUS: Identity = { kind: "anonymous" };
const WRONG: Identity = { kind: "wrong" };
/** The file may change during a check, which is then done again; who changes it more often is told to come back. */
const MOST_CHECKS = 3;

const OUTCOMES: Readonly<Record<Identity["kind"], CredentialOutcome>> = {
  anonymous: "wrong",
  user: "checked",
  wrong: "wrong",
  busy: "refused",
};

/** Opens a file of users. Rejects, with a sentence that names the file and the lines, when it cannot be used. */
export async function openHtpasswd(options: HtpasswdOptions): Promise<Authenticator> {
  const { path, logger, metrics } = options;
  await provideHtpasswd(path, logger);
  const file = await WatchedFiles.open({
    what: "htpasswd",
    ...usersOf(path),
    logger,
    onReload: (isGood) => metrics.reloaded("htpasswd", isGood),
    ...(options.interval !== undefined && { interval: options.interval }),
  });
  // a core is left to the requests, if there are two
  const size = Math.min(Math.max(navigator.hardwareConcurrency - 1, 1), 2);
  return new Htpasswd(options, file, options.checker ?? new BcryptPool({ size, logger }));
}

/**
 * Reads a file of users, and makes none. Rejects as `openHtpasswd` does.
 * @returns what there is to be told
 */
export async function checkHtpasswd(path: string): Promise<readonly string[]> {
  if (!await isThere(path)) {
    return [`${path} is missing: it will be made, with the user docker and a password in the log`];
  }
  await readFiles(usersOf(path));
  return [];
}

function usersOf(path: string) {
  return {
    paths: [path],
    parse: ([content]: readonly Uint8Array[]): Users => {
      return parseHtpasswd(content ?? new Uint8Array(), path);
    },
  };
}

/**
 * Users of a file, by HTTP's Basic scheme. A password that was right is known again without bcrypt until its entry changes. Others are
 * checked by bcrypt, of which an attacker can ask for much: who waits is served by turns of networks, and beyond a bounded
 * queue refused. Whether there is a user can be seen neither from an answer nor from its time.
 */
class Htpasswd implements Authenticator {
  readonly challenge: string;
  readonly #cache = new CredentialCache();
  readonly #flights = new SingleFlight<Identity>();
  readonly #metrics: HtpasswdOptions["metrics"];

  constructor(
    { realm, metrics }: HtpasswdOptions,
    private readonly file: WatchedFiles<Users>,
    private readonly checker: PasswordChecker,
  ) {
    this.challenge = basicChallenge(realm);
    this.#metrics = metrics;
  }

  identify(credentials: Credentials): Identity | Promise<Identity> {
    const header = readBasicHeader(credentials.header("authorization"));
    if (header.kind === "none") return ANONYMOUS;
    if (header.kind === "malformed") return this.#counted(WRONG);
    const key = this.#cache.keyOf(header.text);
    const remembered = this.#cache.find(key, this.file.current.hashes);
    if (remembered !== undefined) {
      this.#metrics.credentials(remembered.kind === "user" ? "remembered" : "wrong");
      return remembered;
    }
    const basic = decodeBasic(header.text);
    if (basic === undefined) return this.#counted(WRONG);
    const owner = clientNetwork(credentials.remoteAddress);
    return this.#flights.run(key, () => this.#check(key, basic, owner)).then((identity) =>
      this.#counted(identity)
    );
  }

  reload(): Promise<void> {
    return this.file.reload();
  }

  async close(): Promise<void> {
    this.checker.close();
    await this.file.close();
  }

  #counted(identity: Identity): Identity {
    this.#metrics.credentials(OUTCOMES[identity.kind]);
    return identity;
  }

  async #check(
    key: string,
    { user, password }: BasicCredentials,
    owner: string,
  ): Promise<Identity> {
    for (let count = 0; count < MOST_CHECKS; count++) {
      const { hashes, highestCost } = this.file.current;
      const hash = hashes.get(user);
      const checked = hash ?? dummyHash(highestCost);
      const outcome = await this.checker.check(
        { password, hash: checked, wrongCost: highestCost },
        owner,
      );
      if (outcome === "busy") break;
      // not against an entry that was changed or removed meanwhile
      if (this.file.current.hashes.get(user) !== hash) continue;
      return this.#cache.remember(key, user, hash, hash !== undefined && outcome === "right");
    }
    return { kind: "busy", retryAfter: this.checker.retryAfter };
  }
}
