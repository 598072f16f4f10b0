import type { Clock } from "../async/clock.ts";
import { SingleFlight } from "../async/single_flight.ts";
import type { HelperRun, RunHelper } from "./helper_process.ts";
import { parseObject } from "./json_document.ts";

export interface Credentials {
  /** Empty with an identity token. */
  readonly username: string;
  readonly secret: string;
  /** The secret is an OAuth2 refresh token, good for the token server alone. */
  readonly identityToken: boolean;
}

/** Where the credentials for one upstream come from. */
export interface CredentialSource {
  /** Undefined: there are none. @throws CredentialError */
  current(): Promise<Credentials | undefined>;
  /** Others than these, which were refused; undefined: there are none. @throws CredentialError */
  insteadOf(refused: Credentials): Promise<Credentials | undefined>;
}

/** One sentence, free of secrets. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}

/** A user name and a password of the configuration; without a name there are none. */
export function fixedCredentials(
  username: string | undefined,
  password: string | undefined,
): CredentialSource {
  const fixed = username === undefined || username === ""
    ? undefined
    : { username, secret: password ?? "", identityToken: false };
  return {
    current: () => Promise.resolve(fixed),
    insteadOf: () => Promise.resolve(undefined),
  };
}

export interface HelperOptions {
  /** A program; it is run without a shell. */
  readonly command: string;
  /** Milliseconds for which an answer is good; undefined: for ever; 0: it is asked each time, as by registry:3. */
  readonly lifetime: number | undefined;
  /** `host` or `host:port`, as the configured URL has it. */
  readonly host: string;
  /** Milliseconds that one run may take. */
  readonly limit: number;
}

interface Answer {
  readonly credentials: Credentials;
  readonly at: number;
}

/** A docker credential helper: `<command> get` reads the host and writes `{"Username": …, "Secret": …}`. */
export class HelperCredentials implements CredentialSource {
  #answer: Answer | undefined;
  readonly #runs = new SingleFlight<Credentials>();

  constructor(
    private readonly options: HelperOptions,
    private readonly run: RunHelper,
    private readonly clock: Clock,
  ) {}

  current(): Promise<Credentials> {
    const { lifetime } = this.options;
    const answer = this.#answer;
    if (answer !== undefined && lifetime !== 0) {
      const age = this.clock.now() - answer.at;
      if (lifetime === undefined || (age >= 0 && age < lifetime)) {
        return Promise.resolve(answer.credentials);
      }
    }
    return this.#ask();
  }

  /** Registries hand out passwords that expire (ECR: 12 h), whatever lifetime was configured: so it is asked again. */
  async insteadOf(refused: Credentials): Promise<Credentials | undefined> {
    const known = this.#answer?.credentials;
    const other = known !== undefined && !same(known, refused) ? known : await this.#ask();
    return same(other, refused) ? undefined : other;
  }

  #ask(): Promise<Credentials> {
    return this.#runs.run("", async () => {
      const { command, host, limit } = this.options;
      const credentials = this.#read(await this.run(command, host, limit));
      this.#answer = { credentials, at: this.clock.now() };
      return credentials;
    });
  }

  #read(run: HelperRun): Credentials {
    const { command, host } = this.options;
    if (run.kind === "failed") {
      throw new CredentialError(
        `the credential helper ${command} gave nothing for ${host}: ${run.reason}`,
      );
    }
    const { Username: username, Secret: secret } = parseObject(run.output) ?? {};
    if (typeof username !== "string" || typeof secret !== "string" || secret === "") {
      throw new CredentialError(
        `the credential helper ${command} must write {"Username": "...", "Secret": "..."} for ${host}`,
      );
    }
    const identityToken = username === "<token>";
    return { username: identityToken ? "" : username, secret, identityToken };
  }
}

function same(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.secret === b.secret && a.identityToken === b.identityToken;
}
