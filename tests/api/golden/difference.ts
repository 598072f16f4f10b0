import { type Answer, answer } from "./answer.ts";

/** An answer of ours that is not distribution's, on purpose. */
export interface Difference {
  /** The name of a golden exchange. */
  readonly exchange: string;
  readonly berth: Answer;
  /** Why ours is right: a sentence, without a full stop. */
  readonly reason: string;
}

/** A manifest as it is answered to a GET. */
export function manifest(digest: string, type: string, body: string): Answer {
  const headers = { "Content-Type": type, "Docker-Content-Digest": digest, Etag: `"${digest}"` };
  return answer(200, headers, body);
}

export const NO_STATE =
  "no `_state` in upload URLs: the id alone is the key, so that clients which rebuild the URL from its path work";
export const NOT_OUR_FAULT = "a request that can't be taken is no fault of the server";
export const SAYS_WHY = "the same, and the answer says what is wrong";
