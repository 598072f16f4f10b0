/**
 * An answer as the golden table writes it: everything that a client sees, but for Date and what belongs to the connection. Nothing here
 * imports the program, so that the table can say what is right without its help.
 */
export interface Answer {
  readonly status: number;
  /** By the name on the wire. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Messages of distribution v3, registry/api/errcode/register.go; written out again, since src has the copy that is under test. */
const MESSAGES = {
  UNKNOWN: "unknown error",
  UNSUPPORTED: "The operation is unsupported.",
  UNAUTHORIZED: "authentication required",
  DIGEST_INVALID: "provided digest did not match uploaded content",
  SIZE_INVALID: "provided length did not match content length",
  RANGE_INVALID: "invalid content range",
  NAME_INVALID: "invalid repository name",
  NAME_UNKNOWN: "repository name not known to registry",
  MANIFEST_UNKNOWN: "manifest unknown",
  MANIFEST_INVALID: "manifest invalid",
  MANIFEST_BLOB_UNKNOWN: "blob unknown to registry",
  BLOB_UNKNOWN: "blob unknown to registry",
  BLOB_UPLOAD_UNKNOWN: "blob upload unknown to registry",
  BLOB_UPLOAD_INVALID: "blob upload invalid",
  PAGINATION_NUMBER_INVALID: "invalid number of results requested",
} as const;

export type Code = keyof typeof MESSAGES;

export interface ErrorItem {
  readonly code: Code;
  /** That of the code when it isn't given. */
  readonly message?: string;
  /** No such key when it isn't given. */
  readonly detail?: unknown;
}

const API = { "Docker-Distribution-Api-Version": "registry/2.0" };

/** With Docker-Distribution-Api-Version and, where HTTP has one, the Content-Length of the body. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Answer {
  const length = status === 204 || status === 304
    ? {}
    : { "Content-Length": String(new TextEncoder().encode(body).length) };
  return { status, headers: { ...API, ...length, ...headers }, body };
}

/** `J` of reference/http.md. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `${JSON.stringify(value)}\n`;
  return answer(200, { "Content-Type": "application/json", ...headers }, body);
}

/** `T` of reference/http.md. */
export function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const type = {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  };
  return answer(status, { ...type, ...headers }, body);
}

/** `!CODE d` of reference/http.md. */
export function failure(
  status: number,
  code: Code,
  detail?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return failures(status, [{ code, detail }], headers);
}

export function failures(
  status: number,
  items: readonly ErrorItem[],
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const errors = items.map(({ code, message, detail }) => ({
    code,
    message: message ?? MESSAGES[code],
    ...(detail === undefined ? {} : { detail }),
  }));
  const body = `${JSON.stringify({ errors })}\n`;
  return answer(status, { "Content-Type": "application/json", ...headers }, body);
}

/** One line for people: the status, the body's gist, and the headers that are not the same in every answer. */
export function describeAnswer({ status, headers, body }: Answer): string {
  const everywhere = [
    "Docker-Distribution-Api-Version",
    "Content-Length",
    "X-Content-Type-Options",
  ];
  const told = Object.entries(headers)
    .filter(([name]) => !everywhere.includes(name) && name !== "Content-Type")
    .map(([name, value]) => `${name}: ${value}`);
  const gist = gistOf(body, headers["Content-Type"] ?? "");
  return [String(status), gist, ...told].filter((part) => part !== "").join("; ");
}

function gistOf(body: string, type: string): string {
  if (!body.startsWith('{"errors":')) {
    return type.startsWith("text/") || type === "application/json" ? body.trim() : type;
  }
  if (body.split("\n").length > 2) return "two JSON documents in one body";
  const { errors } = JSON.parse(body) as { readonly errors: readonly ErrorItem[] };
  return errors.map(({ code, message, detail }) => {
    const own = message === MESSAGES[code] ? "" : ` (${message})`;
    return `${code}${own}${detail === undefined ? "" : ` ${JSON.stringify(detail)}`}`;
  }).join(" + ");
}
