import type { RepositoryName } from "../../oci/reference.ts";
import type { System } from "../system.ts";

/** Says of each repository that cannot be read that it is left out, and counts them. */
export function unreadable(system: Pick<System, "err">) {
  const told = {
    count: 0,
    tell: (name: RepositoryName, error: unknown) => {
      told.count++;
      const why = error instanceof Error ? error.message : String(error);
      system.err(`warning: ${name} is left out: ${why}\n`);
    },
  };
  return told;
}
