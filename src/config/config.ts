/**
 * What the program runs by: checked, complete, immutable. Groups are named as the YAML keys; durations are milliseconds, sizes
 * bytes. Keys that change nothing (or name what is not built yet) do not appear here; fields/ has the list of all keys.
 */
export interface Config {
  readonly version: "0.1";
  readonly log: LogConfig;
  readonly storage: StorageConfig;
  readonly catalog: {
    /** Longest page of `_catalog`; at least 1. */
    readonly maxentries: number;
  };
  readonly tags: {
    /** Longest page of `tags/list`, for clients that ask for pages; at least 1. */
    readonly maxtags: number;
  };
  readonly http: HttpConfig;
  readonly validation: ValidationConfig;
}

export interface LogConfig {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly formatter: "text" | "json" | "logstash";
  /** Added to every line. Nested values of the file are JSON text here. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly accesslog: { readonly disabled: boolean };
}

export interface StorageConfig {
  readonly driver: DriverConfig;
  readonly delete: { readonly enabled: boolean };
  /** Matters to drivers that can redirect a client to their own URL. */
  readonly redirect: { readonly disable: boolean };
  readonly maintenance: { readonly readonly: { readonly enabled: boolean } };
}

export type DriverConfig =
  | {
    readonly name: "filesystem";
    /** As written, so possibly relative to the working directory. */
    readonly rootdirectory: string;
  }
  | { readonly name: "inmemory" };

export interface HttpConfig {
  readonly net: "tcp" | "unix";
  /** `host:port`, `:port` or `[::1]:port` (address.ts takes it apart); with `net: unix` the path of the socket. */
  readonly addr: string;
  /** "" or with one leading and no trailing slash: `/foo`. */
  readonly prefix: string;
  /** "" or an absolute URL without a trailing slash. */
  readonly host: string;
  readonly relativeurls: boolean;
  /** Names in their canonical spelling (`X-Content-Type-Options`), no two that differ in case only. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** How long running transfers may go on after SIGTERM. */
  readonly draintimeout: number;
  /** For the head of a request, from its first byte. */
  readonly headertimeout: number;
  /** For a connection without a request. */
  readonly idletimeout: number;
  /** Without progress of a body, in either direction. */
  readonly bodytimeout: number;
  /** Longest head of a request, in bytes. */
  readonly maxheaderbytes: number;
}

export interface ValidationConfig {
  /** Turns off `urls` and `indexes`; what a manifest references must still be there (that is `references`). */
  readonly disabled: boolean;
  readonly manifests: {
    readonly urls: { readonly allow: readonly RegExp[]; readonly deny: readonly RegExp[] };
    readonly indexes: {
      readonly platforms: "all" | "none" | "list";
      /** With `list` only: the platforms whose manifests must be there; never empty with it. */
      readonly platformlist: readonly { readonly os: string; readonly architecture: string }[];
    };
    /** Whether blobs and manifests that a pushed manifest names must be in the repository. */
    readonly references: "all" | "none";
  };
}
