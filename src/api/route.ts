import type { Digest } from "../oci/digest.ts";
import type { RegistryError } from "../oci/error.ts";
import type { Reference, RepositoryName } from "../oci/reference.ts";

/** What a request is about. Names, tags and digests in it have passed their grammar; a query is text as it was sent. */
export type Route =
  | { readonly kind: "ping" }
  | { readonly kind: "catalog"; readonly query: string }
  | {
    readonly kind: "tags";
    readonly name: RepositoryName;
    /** The name to answer with, when the client has another one for it. */
    readonly asked?: RepositoryName;
    readonly query: string;
  }
  | {
    readonly kind: "manifest";
    readonly name: RepositoryName;
    readonly reference: Reference;
    readonly query: string;
  }
  | { readonly kind: "blob"; readonly name: RepositoryName; readonly digest: Digest }
  | { readonly kind: "uploadStart"; readonly name: RepositoryName; readonly query: string }
  | {
    readonly kind: "upload";
    readonly name: RepositoryName;
    /** `[A-Za-z0-9_.=-]{1,128}`, the grammar of distribution; whether it is one of ours is the registry's to say. */
    readonly id: string;
    readonly query: string;
  }
  | {
    readonly kind: "referrers";
    readonly name: RepositoryName;
    readonly digest: Digest;
    readonly query: string;
  };

export type RouteKind = Route["kind"];
export type RouteOf<K extends RouteKind> = Extract<Route, { kind: K }>;

/** `GET /`, which tells load balancers that the process lives. */
export interface Root {
  readonly kind: "root";
}

/** Where tokens are handed out, by access controllers that do so. */
export interface TokenDesk {
  readonly kind: "token";
}

/** The resource stands elsewhere; answered without credentials, as distribution does. */
export interface Redirect {
  readonly kind: "redirect";
  /** Path and query, printable ASCII. */
  readonly location: string;
  /** Whether distribution sends a body of HTML with it. */
  readonly html: boolean;
}

/** Shaped like a route, but its name is too long or its digest is none: 400 whatever the method. */
export interface Rejected {
  readonly kind: "rejected";
  readonly error: RegistryError;
}

/** `undefined` is a 404 in plain text. */
export type Match = Route | Root | TokenDesk | Redirect | Rejected | undefined;
