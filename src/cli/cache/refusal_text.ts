import type { ServerAnswer } from "./server_client.ts";

const MOST = 500;

/** Why the server gave nothing, on one line: the registry's errors, as far as they can be read. */
export function refusalText({ status, body }: ServerAnswer): string {
  const text = new TextDecoder().decode(body.subarray(0, 64 * 1024));
  const said = oneLine(errorsIn(text) ?? text).slice(0, MOST);
  const advice = status === 401 ? ". Give --user NAME" : "";
  return `the server answered ${status}${said === "" ? "" : ` (${said})`}${advice}`;
}

function errorsIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text);
    if (!Array.isArray(errors)) return undefined;
    return errors.map(({ code, message, detail }) => {
      const known = [code, message].filter((part) => typeof part === "string").join(": ");
      if (detail === undefined || detail === null) return known;
      return `${known}: ${typeof detail === "string" ? detail : JSON.stringify(detail)}`;
    }).join("; ");
  } catch {
    return undefined;
  }
}

/** It may hold anything, and goes to a terminal. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim();
}
