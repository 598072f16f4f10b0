import type { Config } from "../../config/config.ts";
import type { ExitCode } from "../exit_code.ts";
import type { Flags } from "../flags.ts";
import type { System } from "../system.ts";

/** What `cache` can do. */
export interface CacheTask {
  readonly name: string;
  /** Flags with a value beside --config, and without one beside --json. */
  readonly texts: readonly string[];
  readonly switches: readonly string[];
  /** Looks at the arguments before anything is read. @throws UsageError */
  check(flags: Flags): void;
  /** @throws Error with a sentence */
  run(flags: Flags, config: Config, system: System): Promise<ExitCode>;
}
