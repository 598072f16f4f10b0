/** What a route asks for; the column of the route table. */
export type Action = "ping" | "pull" | "push" | "delete" | "catalog";

/** One thing that a request needs. */
export interface Access {
  readonly action: Action;
  /** Undefined for ping and catalog. */
  readonly repository?: string;
}

/** What a controller may look at. */
export interface Credentials {
  header(name: string): string | undefined;
  readonly remoteAddress: string;
  /** Whether they came over TLS, for realms that are made from the request. */
  readonly secure: boolean;
}

export interface Grant {
  readonly granted: true;
  /** For the log. */
  readonly user?: string;
  /** Whether the same caller may pull from another repository: what a mount asks, so it must be cheap. Absent: from each. */
  readonly mayPull?: (repository: string) => boolean;
  /** What the catalog shows to it. Absent: all. (A token for the catalog says nothing of repositories, and gets all of it.) */
  readonly sight?: Sight;
}

/** The repositories that somebody may know of. Asked for each one there is, so it must be cheap. */
export interface Sight {
  sees(repository: string): boolean;
  /** Whether anything may be seen of which the name begins with this and a slash, so that a listing can pass over the rest. */
  seesBelow(folder: string): boolean;
}

export interface Refusal {
  readonly granted: false;
  /**
   * 401 with a challenge; 403 when other credentials would not help; 404 when the caller must not learn whether there is such a
   * repository; 429 when too many wait to be checked; 503 when nobody can be checked now.
   */
  readonly status: 401 | 403 | 404 | 429 | 503;
  /** WWW-Authenticate. */
  readonly challenge?: string;
  /** Retry-After, in seconds. */
  readonly retryAfter?: number;
  readonly detail?: unknown;
  /** Whose credentials were right but not enough; for the log. */
  readonly user?: string;
}

export type Decision = Grant | Refusal;

/** What clients shall send as `Authorization: Bearer`. */
export interface Token {
  /** A secret. */
  readonly text: string;
  /** Seconds after which it should be asked for again. */
  readonly expiresIn: number;
  /** For the log. */
  readonly user?: string;
}

/** Decides before one byte of a body is asked for. */
export interface AccessController {
  /** All of `accesses` are needed. */
  authorize(credentials: Credentials, accesses: readonly Access[]): Decision | Promise<Decision>;
  /** Tells the token of a caller who comes with a password, or with nothing. Absent: there are no tokens to be had here. */
  issueToken?(credentials: Credentials): Promise<Token | Refusal>;
  /** Reads its files again, whatever their times say (SIGHUP). What cannot be used leaves the old in force, and is told to the log. */
  reload?(): Promise<void>;
  /** Ends its workers and timers. */
  close?(): Promise<void>;
}
