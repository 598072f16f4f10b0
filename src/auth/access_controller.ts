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
}

export type Decision =
  | { readonly granted: true; readonly user?: string }
  | {
    readonly granted: false;
    /** 401 with a challenge, 403 when other credentials would not help. */
    readonly status: 401 | 403 | 429;
    /** WWW-Authenticate. */
    readonly challenge?: string;
    readonly detail?: unknown;
  };

/** Decides before one byte of a body is asked for. */
export interface AccessController {
  /** All of `accesses` are needed. */
  authorize(credentials: Credentials, accesses: readonly Access[]): Decision | Promise<Decision>;
}
