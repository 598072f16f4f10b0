import type { Image } from "../images.ts";

/** Where a client finds the registry, and what it is told about TLS. */
export interface Endpoint {
  /** On 127.0.0.1. */
  readonly port: number;
  /** PEM of the CA that has signed the registry's certificate. */
  readonly authority: string;
  /** A certificate of its own and its key. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
}

/**
 * A program that people push and pull with, as somebody who has just installed it: no login, nothing pulled. Everything that it
 * refuses to do is thrown with what it has printed.
 */
export interface ImageClient extends AsyncDisposable {
  login(user: string, password: string): Promise<void>;
  logout(): Promise<void>;
  /** @param reference `team/app:it`, without the host */
  push(image: Image, reference: string): Promise<void>;
  /** Whatever an earlier pull has brought is gone before. */
  pull(reference: string): Promise<void>;
}

export interface ImageClientKind {
  readonly name: string;
  readonly tools: readonly string[];
  /** Whether its login asks the registry. crane only stores what it is given. */
  readonly checksLogin: boolean;
  open(endpoint: Endpoint): Promise<ImageClient>;
}
