/** What the process tells whoever started it. */
export const EXIT = {
  /** Done; also help that was asked for, and a stop that let every transfer finish. */
  OK: 0,
  /** The configuration is wrong, the start failed, a command could not do its work, or a stop had to cut transfers. */
  FAILURE: 1,
  /** The command line was not understood. */
  USAGE: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
