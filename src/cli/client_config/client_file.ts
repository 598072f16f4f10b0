import type { Endpoint } from "./endpoint.ts";
import type { NamedUpstream } from "./named_upstream.ts";

/** A file of a client. */
export interface ClientFile {
  /** Where the client looks for it. */
  readonly path: string;
  /** Lines that are said about it. */
  readonly notes?: readonly string[];
  readonly text: string;
}

/** What makes a client use the cache. */
export interface ClientSetup {
  /** Lines that are said before the files. */
  readonly notes: readonly string[];
  readonly files: readonly ClientFile[];
}

/** What the files are made of. */
export interface ClientRequest {
  readonly endpoint: Endpoint;
  /** At least one. */
  readonly upstreams: readonly NamedUpstream[];
  /** PEM of the CA that clients are to trust. */
  readonly ca: string | undefined;
  /** Whether the registry knows users. */
  readonly hasUsers: boolean;
}

/** The files one below the other, each headed by its path. */
export function renderSetup({ notes, files }: ClientSetup): string {
  const blocks = files.map(({ path, notes = [], text }) =>
    [`# --- ${path} ---`, ...notes.map((note) => `# ${note}`), text].join("\n")
  );
  const head = notes.map((note) => `# ${note}\n`).join("");
  return [...(head === "" ? [] : [head]), ...blocks].join("\n");
}

/** Certificates of a PEM file, and nothing else that is in it. @throws Error with a sentence */
export function certificatesIn(pem: string, path: string): string {
  const blocks = pem.match(
    /-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g,
  );
  if (blocks !== null) return `${blocks.join("\n").replaceAll("\r", "")}\n`;
  throw new Error(`Cannot use ${path}: expected a PEM file with the certificate of a CA`);
}

/** What clients that cannot be told of a path in a URL say of `http.prefix`. */
export function refusePrefix({ prefix }: Endpoint, client: string): void {
  if (prefix === "") return;
  throw new Error(
    `Cannot configure ${client}: it knows no registry below a path, and http.prefix is ${prefix}. ` +
      "Serve without http.prefix, on a host name or port of its own",
  );
}
