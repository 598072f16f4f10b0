import { costOf, LONGEST_PASSWORD } from "../auth/htpasswd/bcrypt_hash.ts";
import {
  findHash,
  LONGEST_USER,
  NotHtpasswdError,
  removeUser,
  setUser,
  userProblem,
} from "../auth/htpasswd/htpasswd_edit.ts";
import type { Command } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { usage } from "./help.ts";
import { type HtpasswdRequest, HtpasswdUsageError, parseHtpasswdArgs } from "./htpasswd_args.ts";
import { NoPasswordError, obtainPassword } from "./htpasswd_password.ts";
import type { System } from "./system.ts";

export const HTPASSWD: Command = {
  name: "htpasswd",
  summary: "make, change, verify and delete entries of a file of users",
  takes: "[flags] [file] user",
  flags: {},
  readsArguments: true,
  about: "Does what Apache's htpasswd does, for bcrypt, the only hash that registries accept:\n" +
    "  htpasswd -Bbn USER PASSWORD      print an entry\n" +
    "  htpasswd -Bc FILE USER           make a file with a user, ask for the password\n" +
    "  htpasswd -B FILE USER            add the user, or change the password\n" +
    "  htpasswd -Bi FILE USER           the same, the password comes from stdin\n" +
    "  htpasswd -v FILE USER            verify a password (-vb, -vi: as above)\n" +
    "  htpasswd -D FILE USER            delete the user\n" +
    "  -C COST   4 to 14, default 10: each step doubles the time of a check\n" +
    "A server that runs sees the change within a second. The file is replaced by a new one: in a container,\n" +
    "mount its folder, since a file that is mounted by itself stays the old one.\n" +
    "Exit status: 0 done, 1 the file cannot be used, 2 usage, 3 the password is not the right one, or was not repeated,\n" +
    "4 interrupted, 5 too long, 6 no such user or not a name, 7 not a file of users.\n",

  async run({ positional }, system) {
    try {
      return await execute(parseHtpasswdArgs(positional), system);
    } catch (error) {
      return report(error, system);
    }
  },
};

function report(error: unknown, system: System): ExitCode {
  if (error instanceof HtpasswdUsageError) {
    system.err(`${error.message}\n\n${usage(system.program, HTPASSWD)}`);
    return EXIT.USAGE;
  }
  const message = error instanceof Error ? error.message : String(error);
  system.err(`${message}\n`);
  return error instanceof NoPasswordError ? error.status : EXIT.FAILURE;
}

async function execute(request: HtpasswdRequest, system: System): Promise<ExitCode> {
  const { action, user } = request;
  if (new TextEncoder().encode(user).length > LONGEST_USER) {
    system.err(`Cannot use this name: it has more than ${LONGEST_USER} bytes\n`);
    return EXIT.TOO_LONG;
  }
  // entries of other programs may have odd names: they can be verified and deleted
  const problem = action === "set" ? userProblem(user) : undefined;
  if (problem !== undefined) {
    system.err(`Cannot use this name: ${problem}\n`);
    return EXIT.BAD_USER;
  }
  const { file } = request;
  if (file === undefined) {
    system.out(`${user}:${await makeHash(request, system)}\n`);
    return EXIT.OK;
  }
  try {
    if (action === "verify") return await verify(request, file, system);
    if (action === "delete") return await remove(user, file, system);
    return await set(request, file, system);
  } catch (error) {
    if (!(error instanceof NotHtpasswdError)) throw error;
    system.err(`Cannot use ${file}: ${error.message}. Nothing was changed\n`);
    return EXIT.BAD_FILE;
  }
}

async function set(request: HtpasswdRequest, file: string, system: System): Promise<ExitCode> {
  const { user, create } = request;
  // before a password is asked for, and again when the file is locked
  if (!create) needed(await system.readTextFile(file), file);
  const hash = await makeHash(request, system);
  let isNew = true;
  await system.editFile(file, (content) => {
    const result = setUser(create ? "" : needed(content, file), user, hash);
    isNew = result.isNew;
    return result.content;
  });
  system.err(`${isNew ? "Adding" : "Updating"} password for user ${user}\n`);
  return EXIT.OK;
}

async function remove(user: string, file: string, system: System): Promise<ExitCode> {
  let isFound = false;
  await system.editFile(file, (content) => {
    const old = needed(content, file);
    isFound = findHash(old, user) !== undefined;
    return removeUser(old, user);
  });
  // no failure, as in Apache's
  system.err(isFound ? `Deleting password for user ${user}\n` : `User ${user} not found\n`);
  return EXIT.OK;
}

async function verify(request: HtpasswdRequest, file: string, system: System): Promise<ExitCode> {
  const { user } = request;
  const hash = findHash(needed(await system.readTextFile(file), file), user);
  if (hash === undefined) {
    system.err(`User ${user} not found\n`);
    return EXIT.BAD_USER;
  }
  if (costOf(hash) === undefined) {
    system.err(
      `Cannot verify the password of ${user}: its hash is not bcrypt. Make it anew by -B\n`,
    );
    return EXIT.BAD_FILE;
  }
  const password = await obtainPassword(request.source, "verify", system);
  const { isPassword } = await import("../auth/htpasswd/bcrypt.ts");
  const isRight = isPassword(password, hash);
  system.err(
    isRight ? `Password for user ${user} correct.\n` : "password verification failed\n",
  );
  return isRight ? EXIT.OK : EXIT.MISMATCH;
}

async function makeHash(request: HtpasswdRequest, system: System): Promise<string> {
  const password = await obtainPassword(request.source, "set", system);
  if (!request.isBcryptNamed) system.err("note: the hash is bcrypt, as with -B\n");
  if (new TextEncoder().encode(password).length > LONGEST_PASSWORD) {
    system.err(`warning: only the first ${LONGEST_PASSWORD} bytes of a password count in bcrypt\n`);
  }
  const { hashPassword } = await import("../auth/htpasswd/bcrypt.ts");
  return await hashPassword(password, request.cost);
}

function needed(content: string | undefined, file: string): string {
  if (content !== undefined) return content;
  throw new Error(`Cannot use ${file}: there is no such file. Use -c to create it`);
}
