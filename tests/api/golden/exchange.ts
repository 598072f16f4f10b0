import { type Answer, answer } from "./answer.ts";

/** How the server is configured; `plain` has deletes enabled. Each setup has its own server and its own state. */
export type Setup = "plain" | "no deletes" | "read-only" | "htpasswd";

/** One request and what distribution answers. */
export interface GoldenExchange {
  /** Method, target and what else matters, in the terms of reference/http.md; unique in its table. */
  readonly name: string;
  readonly setup: Setup;
  readonly method: string;
  /**
   * `U` is the path of the upload that was begun last, `U?s` its latest Location, `U?old` the one before that, each perhaps with more
   * parameters behind a `&`. `$B` and the like stand for digests.
   */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly answer: Answer;
}

export interface GoldenRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param line `METHOD target` */
export function exchange(
  name: string,
  line: string,
  { headers = {}, body }: GoldenRequest,
  answer: Answer,
): GoldenExchange {
  const space = line.indexOf(" ");
  const method = line.slice(0, space);
  return { name, setup: "plain", method, target: line.slice(space + 1), headers, body, answer };
}

/** An exchange whose name is its line. */
export function row(line: string, request: GoldenRequest, answer: Answer): GoldenExchange {
  return exchange(line, line, request, answer);
}

/** The Host that all requests name. */
export const HOST = "registry.example";

/** In an answer: where an upload goes on. The runner writes `U?s` for its Location and `<uuid>` for its id. */
export const LU = { Location: "U?s", "Docker-Upload-Uuid": "<uuid>" } as const;

/** @param path of what was made */
export function created(path: string, digest: string): Answer {
  return answer(201, { Location: `http://${HOST}${path}`, "Docker-Content-Digest": digest });
}

/** The request that pushes a manifest. */
export function push(body: string, type: string): GoldenRequest {
  return { headers: { "Content-Type": type }, body };
}
