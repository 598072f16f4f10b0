import type { TlsConfig } from "./config.ts";
import type { Problems } from "./problem.ts";
import type { Settings } from "./settings.ts";

/** TLS as configured, undefined for plain HTTP. Files are looked at when it starts, not here. */
export function tlsConfig(settings: Settings, problems: Problems): TlsConfig | undefined {
  const certificate = settings.get("http.tls.certificate");
  const key = settings.get("http.tls.key");
  const clientcas = settings.get("http.tls.clientcas");
  if (certificate === "" && key === "") {
    const [lost] = clientcas.length > 0 ? [settings.find("http.tls.clientcas")] : [];
    if (lost !== undefined) {
      problems.error(
        "needs http.tls.certificate and http.tls.key: without TLS there are no client certificates",
        lost.path,
        lost.node.origin,
      );
    }
    return undefined;
  }
  if (certificate === "" || key === "") {
    const [there, missing] = certificate === "" ? ["key", "certificate"] : ["certificate", "key"];
    const path = `http.tls.${there}`;
    problems.error(
      `needs http.tls.${missing} beside it, the path of a PEM file`,
      path,
      settings.find(path)?.node.origin,
    );
  }
  return {
    certificate,
    key,
    clientcas,
    clientauth: settings.get("http.tls.clientauth"),
    minimumtls: minimum(settings, problems),
    ciphersuites: settings.get("http.tls.ciphersuites"),
  };
}

function minimum(settings: Settings, problems: Problems): "tls1.2" | "tls1.3" {
  const path = "http.tls.minimumtls";
  const value = settings.get(path);
  if (value === "tls1.2" || value === "tls1.3") return value;
  problems.warn(
    `found ${value}: tls1.2 is the lowest that is spoken here, as in registry:3`,
    path,
    settings.find(path)?.node.origin,
  );
  return "tls1.2";
}
