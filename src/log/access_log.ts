import { escapeQuoted } from "../async/quoted.ts";

/** A request and its answer, as the access log tells them. */
export interface AccessEntry {
  /** IP address of the peer, `@` on a unix socket. */
  readonly remoteAddress: string;
  readonly method: string;
  /** As it was sent, with its query. */
  readonly target: string;
  /** `1.1` unless told otherwise. */
  readonly httpVersion?: string | undefined;
  readonly status: number;
  /** Of the body that was sent. */
  readonly bytes: number;
  readonly referer?: string | undefined;
  readonly userAgent?: string | undefined;
  /** When the request began, in milliseconds since 1970. */
  readonly at: number;
}

export interface AccessLog {
  log(entry: AccessEntry): void;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * Apache's Combined Log Format as distribution writes it (gorilla/handlers): the user is always `-`, what is absent is `""`.
 * @param write gets one line with its newline
 */
export function createAccessLog(write: (text: string) => void): AccessLog {
  let second = Number.NaN;
  let date = "";
  const dateOf = (at: number): string => {
    const now = Math.floor(at / 1000);
    if (now !== second) {
      second = now;
      date = formatDate(new Date(now * 1000));
    }
    return date;
  };
  return {
    log(entry) {
      const { method, target, httpVersion = "1.1", status, bytes, referer = "", userAgent = "" } =
        entry;
      const request = escapeQuoted(`${method} ${target} HTTP/${httpVersion}`);
      write(
        `${escapeQuoted(entry.remoteAddress)} - - [${dateOf(entry.at)}] "${request}" ` +
          `${status} ${bytes} "${escapeQuoted(referer)}" "${escapeQuoted(userAgent)}"\n`,
      );
    },
  };
}

/** `21/Nov/2026:03:58:46 +0000` */
function formatDate(date: Date): string {
  const iso = date.toISOString();
  const month = MONTHS.slice(date.getUTCMonth() * 3, date.getUTCMonth() * 3 + 3);
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
