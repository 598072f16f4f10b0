import { EXIT, type ExitCode } from "./exit_code.ts";
import type { PasswordSource } from "./htpasswd_args.ts";
import type { System } from "./system.ts";

/** Bytes; more is no password, but a file by mistake. */
const LONGEST_INPUT = 4096;

/** No password was given that can be used; the message is a sentence, without it. */
export class NoPasswordError extends Error {
  override readonly name = "NoPasswordError";
  constructor(readonly status: ExitCode, message: string) {
    super(message);
  }
}

/** The password from where the command line says that it comes. @throws NoPasswordError */
export async function obtainPassword(
  source: PasswordSource,
  purpose: "set" | "verify",
  system: System,
): Promise<string> {
  const password = checked(await given(source, purpose, system));
  // most likely a pipe that broke, a variable that is not set, or a stdin that is not there
  if (password !== "" || purpose === "verify") return password;
  throw new NoPasswordError(
    EXIT.USAGE,
    "Cannot use an empty password: whoever knows the name would get in. Nothing was changed",
  );
}

async function given(
  source: PasswordSource,
  purpose: "set" | "verify",
  system: System,
): Promise<string> {
  if (source.kind === "argument") return source.password;
  if (source.kind === "stdin") return withoutLineEnd(await stdin(system));
  const prompt = purpose === "set" ? "New password: " : "Enter password: ";
  const first = await ask(prompt, system);
  if (first === undefined) return fromLines(await stdin(system));
  if (purpose === "set" && await ask("Re-type new password: ", system) !== first) throw different();
  return first;
}

/** Undefined when there is no terminal. */
async function ask(prompt: string, system: System): Promise<string | undefined> {
  const answer = await system.askSecret(prompt);
  if (answer.kind === "interrupted") throw new NoPasswordError(EXIT.INTERRUPTED, "Interrupted");
  return answer.kind === "typed" ? answer.text : undefined;
}

async function stdin(system: System): Promise<string> {
  const text = await system.readStdin(LONGEST_INPUT);
  if (text !== undefined) return text;
  throw new NoPasswordError(
    EXIT.TOO_LONG,
    `Cannot use this password: it has more than ${LONGEST_INPUT} bytes, or is not UTF-8`,
  );
}

/** Without a terminal it may be there twice, for both questions. */
function fromLines(text: string): string {
  const [first = "", second, ...others] = withoutLineEnd(text).split(/\r?\n/);
  if (second === undefined || others.length > 0) return withoutLineEnd(text);
  if (second !== first) throw different();
  return first;
}

function different(): NoPasswordError {
  return new NoPasswordError(EXIT.MISMATCH, "The two passwords are different: nothing was changed");
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

function checked(password: string): string {
  // deno-lint-ignore no-control-regex
  if (!/[\x00\r\n]/.test(password)) return password;
  throw new NoPasswordError(
    EXIT.USAGE,
    "Cannot use this password: it has a line end or NUL in it, which other programs end it at",
  );
}
