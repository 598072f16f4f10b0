import type { Resources } from "./resources.ts";

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** The certificate of who signed it. */
  readonly authority: string;
}

/** What a contestant is set up with beyond the defaults. */
export interface Setup {
  /** HTTPS with it. */
  readonly certificate?: Certificate;
  /** Path of a file of users and bcrypt hashes: nobody else is answered. */
  readonly htpasswd?: string;
  /** Counts for Prometheus, on this port of the loopback. */
  readonly metricsPort?: number;
  /** URL of the registry that it is a cache of. */
  readonly upstream?: string;
}

/** Lines for distribution's section `http`. */
export function distributionHttp({ certificate, metricsPort }: Setup): string[] {
  return [
    ...(certificate === undefined ? [] : [
      "tls:",
      `  certificate: ${certificate.certificate}`,
      `  key: ${certificate.key}`,
    ]),
    ...(metricsPort === undefined ? [] : [
      "debug:",
      `  addr: 127.0.0.1:${metricsPort}`,
      "  prometheus:",
      "    enabled: true",
      "    path: /metrics",
    ]),
  ];
}

/** Distribution's other sections. */
export function distributionSections({ htpasswd, upstream }: Setup): string {
  return [
    ...(htpasswd === undefined
      ? []
      : ["auth:", "  htpasswd:", "    realm: bench", `    path: ${htpasswd}`]),
    ...(upstream === undefined ? [] : ["proxy:", `  remoteurl: ${upstream}`]),
  ].join("\n");
}

/** Members of zot's `http`; its metrics are an extension that not every build has. */
export function zotHttp(
  { certificate, htpasswd, metricsPort, upstream }: Setup,
): Record<string, unknown> {
  if (upstream !== undefined) throw new Error("Cannot compare: no cache of zot is set up");
  if (metricsPort !== undefined) throw new Error("Cannot compare: no metrics of zot are set up");
  return {
    ...(certificate === undefined
      ? {}
      : { tls: { cert: certificate.certificate, key: certificate.key } }),
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { path: htpasswd } } }),
  };
}

/** For benches over HTTPS. */
export async function overTls(resources: Resources): Promise<Setup> {
  return { certificate: await resources.certificate() };
}

/** For benches with htpasswd. */
export async function onlyUsers(resources: Resources): Promise<Setup> {
  return { htpasswd: await resources.users() };
}
