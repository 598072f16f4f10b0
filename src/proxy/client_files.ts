export interface ClientFiles {
  /** Paths of PEM files. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** What is in them, as Deno.createHttpClient takes it. */
export interface ClientIdentity {
  /** CAs to trust beside those of the system. */
  readonly caCerts: string[];
  readonly pair: { readonly cert: string; readonly key: string } | undefined;
}

/** @throws Error with one sentence that names the file */
export function readClientFiles({ ca, certificate, key }: ClientFiles): ClientIdentity {
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error(
      `Cannot use the client certificate ${certificate ?? "of the key " + key}: ` +
        `certificate and key must be given together`,
    );
  }
  const caCerts = ca === undefined ? [] : [readPem(ca, "CERTIFICATE")];
  const pair = certificate === undefined || key === undefined
    ? undefined
    : { cert: readPem(certificate, "CERTIFICATE"), key: readPem(key, "PRIVATE KEY") };
  if (ca !== undefined) tryOut({ caCerts }, ca);
  if (pair !== undefined) tryOut({ ...pair }, `${certificate} with ${key}`);
  return { caCerts, pair };
}

function readPem(path: string, what: "CERTIFICATE" | "PRIVATE KEY"): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${reason(error)}`);
  }
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(text)) {
    throw new Error(`Cannot use ${path}: there is no ${what} in it; a PEM file is expected`);
  }
  return text;
}

function tryOut(options: { caCerts?: string[]; cert?: string; key?: string }, what: string): void {
  try {
    Deno.createHttpClient({ ...options } as Deno.CreateHttpClientOptions).close();
  } catch (error) {
    throw new Error(`Cannot use ${what}: ${error instanceof Error ? error.message : error}`);
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "its permissions forbid it";
  return error instanceof Error ? error.message : String(error);
}
