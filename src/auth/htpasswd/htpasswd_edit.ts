import { type Line, linesOf } from "./htpasswd_file.ts";

/** Bytes, as for Apache's htpasswd. */
export const LONGEST_USER = 255;

/** A line that can't be one of a file of users: what is edited is probably another file. */
export class NotHtpasswdError extends Error {
  override readonly name = "NotHtpasswdError";
}

/** Why no entry can be made for a user of this name; undefined when one can. */
export function userProblem(user: string): string | undefined {
  if (user === "") return "it is empty";
  if (user.includes(":")) return "it holds a colon, which ends the name in the file";
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(user)) return "it holds a control character";
  if (user.startsWith("#")) return "it starts with #, which makes a comment of the line";
  if (user.trim() !== user) return "it starts or ends with a space";
  return undefined;
}

/** Puts the entry where the user's is, else at the end; all else stays as it is. @throws NotHtpasswdError */
export function setUser(
  content: string,
  user: string,
  hash: string,
): { readonly content: string; readonly isNew: boolean } {
  const lines = rawLines(content);
  const end = lines[0]?.raw.endsWith("\r\n") ? "\r\n" : "\n";
  const entry = `${user}:${hash}${end}`;
  const first = lines.findIndex((line) => line.user === user);
  const kept = lines.flatMap((line, index) => {
    if (index === first) return [entry];
    return line.user === user ? [] : [line.raw];
  });
  if (first >= 0) return { content: kept.join(""), isNew: false };
  const last = kept.at(-1);
  // distribution writes none after its default user
  if (last !== undefined && !last.endsWith("\n")) kept.push(end);
  return { content: [...kept, entry].join(""), isNew: true };
}

/** Leaves out all entries of the user. @throws NotHtpasswdError */
export function removeUser(content: string, user: string): string {
  return rawLines(content).filter((line) => line.user !== user).map(({ raw }) => raw).join("");
}

/** The hash that counts: that of the user's last entry. @throws NotHtpasswdError */
export function findHash(content: string, user: string): string | undefined {
  return rawLines(content).findLast((line) => line.user === user)?.hash;
}

/** With their ends, so that joined they are the content again. */
function rawLines(content: string): (Line & { readonly raw: string })[] {
  const raw = content === "" ? [] : content.split(/(?<=\n)/);
  return linesOf(content).map((line, index) => {
    if (!line.isBlank && line.user === undefined) {
      throw new NotHtpasswdError(`line ${line.number} has no colon, expected USER:HASH`);
    }
    return { ...line, raw: raw[index] ?? "" };
  });
}
