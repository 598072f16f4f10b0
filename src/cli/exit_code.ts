/** What the process tells whoever started it. */
export const EXIT = {
  /** Done; also help that was asked for, and a stop that let every transfer finish. */
  OK: 0,
  /** The configuration is wrong, the start failed, a command could not do its work, or a stop had to cut transfers. */
  FAILURE: 1,
  /** The command line was not understood. */
  USAGE: 2,
  // those of Apache's htpasswd
  /** The password is not the right one, or was not repeated. */
  MISMATCH: 3,
  /** The user gave up. */
  INTERRUPTED: 4,
  /** A name or a password has too many bytes. */
  TOO_LONG: 5,
  /** There is no such user, or there can't be. */
  BAD_USER: 6,
  /** The file is not one of users. */
  BAD_FILE: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
