import { run } from "../../tests/support/process.ts";
import { requireTool } from "../../tests/support/tools.ts";

/** What bcrypt costs, as the logarithm of its rounds. */
export const COSTS = [5, 10, 12] as const;

export type Cost = typeof COSTS[number];

const PASSWORD = "of-the-benchmark";

/** Writes an htpasswd file of one user per cost. */
export async function writeUsers(path: string): Promise<void> {
  const lines: string[] = [];
  for (const cost of COSTS) {
    const options = ["-n", "-b", "-B", "-C", String(cost)];
    const { stdout } = await run([requireTool("htpasswd"), ...options, userOf(cost), PASSWORD]);
    lines.push(stdout.trim());
  }
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
}

/** The header of the user of a cost, without an end of line. */
export function authorization(cost: Cost, password = PASSWORD): string {
  return `Authorization: Basic ${btoa(`${userOf(cost)}:${password}`)}`;
}

function userOf(cost: Cost): string {
  return `user-of-cost-${cost}`;
}
