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
  readonly auth: AuthConfig;
  /** Who may do what where; undefined: everybody who is authenticated everything, as in distribution. Any rule that matches grants. */
  readonly access: readonly AccessRule[] | undefined;
  readonly http: HttpConfig;
  readonly health: HealthConfig;
  readonly validation: ValidationConfig;
  /** Undefined: nothing is cached. */
  readonly proxy: ProxyConfig | undefined;
}

export interface ProxyConfig {
  /** At least one; no two with one namespace. */
  readonly upstreams: readonly UpstreamConfig[];
  /** Bytes of the cache, undefined: no limit. */
  readonly maxsize: number | undefined;
  /** Bytes that the disk shall have left, undefined: no limit. */
  readonly minfreespace: number | undefined;
  readonly push: { readonly enabled: boolean };
}

export interface UpstreamConfig {
  /** First components of its repositories here; "" is the root, of every other name. */
  readonly namespace: string;
  /** Without a slash at its end. */
  readonly remoteurl: string;
  readonly username: string;
  readonly password: string;
  readonly exec: { readonly command: string; readonly lifetime: number | undefined } | undefined;
  /** From the last use on; 0: never. */
  readonly ttl: number;
  readonly tagfreshness: number;
  /** Lower case, without port. */
  readonly hosts: readonly string[];
  /** Whether `redis` means `library/redis` there. */
  readonly library: boolean;
  /** Globs of its repositories as it calls them; `allow` empty: all. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** Paths of PEM files. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

export type AuthConfig =
  | { readonly kind: "none" }
  | { readonly kind: "htpasswd"; readonly realm: string; readonly path: string }
  | { readonly kind: "silly"; readonly realm: string; readonly service: string }
  | TokenConfig;

export interface TokenConfig {
  readonly kind: "token";
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** Paths of files; at least one of the two is there. */
  readonly rootcertbundle: string | undefined;
  readonly jwks: string | undefined;
  readonly autoredirect: boolean;
  readonly autoredirectpath: string;
  /** JOSE names (`RS256`); empty: distribution's default list. */
  readonly signingalgorithms: readonly string[];
}

export interface AccessRule {
  /** Globs over whole names: `*` within a component, `**` across them; never empty. */
  readonly repositories: readonly string[];
  /** Globs over names of users, or `anonymous`, `authenticated`; never empty. */
  readonly users: readonly string[];
  readonly actions: readonly AccessAction[];
}

export type AccessAction = "pull" | "push" | "delete" | "catalog";

export interface HealthConfig {
  readonly storagedriver: CheckConfig & { readonly enabled: boolean };
  readonly file: readonly (CheckConfig & { readonly file: string })[];
  readonly http: readonly (CheckConfig & {
    readonly uri: string;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    readonly statuscode: number;
    readonly timeout: number;
  })[];
  readonly tcp: readonly (CheckConfig & { readonly addr: string; readonly timeout: number })[];
}

export interface CheckConfig {
  /** Between two checks; the first is made after one interval. */
  readonly interval: number;
  /** Failures in a row from which on it counts; 0 and 1 alike. */
  readonly threshold: number;
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
  /** Undefined: plain HTTP. */
  readonly tls: TlsConfig | undefined;
  /** Undefined: no debug server. */
  readonly debug: DebugConfig | undefined;
}

export interface TlsConfig {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Paths of PEM files; empty: clients are not asked for certificates. */
  readonly clientcas: readonly string[];
  readonly clientauth:
    | "request-client-cert"
    | "require-any-client-cert"
    | "verify-client-cert-if-given"
    | "require-and-verify-client-cert";
  readonly minimumtls: "tls1.2" | "tls1.3";
  /** Go's names, of those that this runtime can do; empty: its default. */
  readonly ciphersuites: readonly string[];
}

export interface DebugConfig {
  /** `host:port` or `:port`. */
  readonly addr: string;
  readonly prometheus: {
    readonly enabled: boolean; /** Begins with a slash. */
    readonly path: string;
  };
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
