import type { Credentials } from "./access_controller.ts";

/** Who calls, or why that cannot be said. */
export type Identity =
  /** No credentials were sent. (`user` and password both empty, as containers/image sends them, are none.) */
  | { readonly kind: "anonymous" }
  | { readonly kind: "user"; readonly name: string }
  /** Wrong, malformed or of an unknown user: the same to the caller. */
  | { readonly kind: "wrong" }
  /** Too many unknown credentials wait to be checked. */
  | { readonly kind: "busy"; readonly retryAfter: number };

/** Tells who calls; what they may do is for whoever asks (rules.ts, every_user.ts). */
export interface Authenticator {
  /** WWW-Authenticate of a 401. */
  readonly challenge: string;
  identify(credentials: Credentials): Identity | Promise<Identity>;
  /** As AccessController's. */
  reload?(): Promise<void>;
  close?(): Promise<void>;
}
