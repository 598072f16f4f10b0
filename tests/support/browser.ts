import { type Browser, chromium } from "playwright-core";
import { requireTool } from "./tools.ts";

/** What keeps it from the sandbox that root lacks, and from talking to anybody by itself. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium without a window, with a profile of its own. `await using` ends it. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: requireTool("chromium"),
    args: FLAGS,
    timeout: 60_000,
  });
}
