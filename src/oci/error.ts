/**
 * Every error code of the registry with its status and message, as distribution v3 registers them
 * (registry/api/errcode/register.go). The only such table.
 */
const ERROR_CODES = {
  UNKNOWN: { status: 500, message: "unknown error" },
  UNSUPPORTED: { status: 405, message: "The operation is unsupported." },
  UNAUTHORIZED: { status: 401, message: "authentication required" },
  DENIED: { status: 403, message: "requested access to the resource is denied" },
  UNAVAILABLE: { status: 503, message: "service unavailable" },
  TOOMANYREQUESTS: { status: 429, message: "too many requests" },
  DIGEST_INVALID: { status: 400, message: "provided digest did not match uploaded content" },
  SIZE_INVALID: { status: 400, message: "provided length did not match content length" },
  RANGE_INVALID: { status: 416, message: "invalid content range" },
  NAME_INVALID: { status: 400, message: "invalid repository name" },
  NAME_UNKNOWN: { status: 404, message: "repository name not known to registry" },
  TAG_INVALID: { status: 400, message: "manifest tag did not match URI" },
  MANIFEST_UNKNOWN: { status: 404, message: "manifest unknown" },
  MANIFEST_INVALID: { status: 400, message: "manifest invalid" },
  MANIFEST_UNVERIFIED: { status: 400, message: "manifest failed signature verification" },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: "blob unknown to registry" },
  BLOB_UNKNOWN: { status: 404, message: "blob unknown to registry" },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: "blob upload unknown to registry" },
  BLOB_UPLOAD_INVALID: { status: 404, message: "blob upload invalid" },
  PAGINATION_NUMBER_INVALID: { status: 400, message: "invalid number of results requested" },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** Goes into the answer: a sentence or a small object that tells the client what to do. */
  readonly detail?: unknown;
  /** In place of the code's message. */
  readonly message?: string;
  /** In place of the code's status, where HTTP has a better one (413, 409, 414). */
  readonly status?: number;
  /** Headers of the answer, e.g. Allow or Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further errors of the same request; the status is that of the first. */
  readonly more?: readonly RegistryError[];
  /** What lay behind it; for the log, never for the answer. */
  readonly cause?: unknown;
}

/** One `errors` element of an answer. */
export interface ErrorElement {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: unknown;
}

/** What a client is told. The only error class that the pipeline renders as such; all else is a 500. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly more: readonly RegistryError[];

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(options.message ?? ERROR_CODES[code].message, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ERROR_CODES[code].status;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
    this.more = options.more ?? [];
  }

  /** The elements of the answer's `errors` list; `detail` is absent when there is none. */
  elements(): ErrorElement[] {
    const own: ErrorElement = this.detail === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, detail: this.detail };
    return [own, ...this.more.flatMap((error) => error.elements())];
  }
}
