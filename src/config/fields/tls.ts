import type { FieldTable } from "./field.ts";

export const TLS_FIELDS = {
  "http.tls.certificate": {
    type: "text",
    help: "File with the certificate chain (PEM).",
    since: "registry:2",
    status: "built",
  },
  "http.tls.key": {
    type: "text",
    help: "File with the private key (PEM).",
    since: "registry:2",
    status: "built",
  },
  "http.tls.clientcas": {
    type: "list",
    help: "Files with the CAs of client certificates.",
    since: "registry:2",
    status: "built",
  },
  "http.tls.clientauth": {
    type: "choice",
    values: [
      "request-client-cert",
      "require-any-client-cert",
      "verify-client-cert-if-given",
      "require-and-verify-client-cert",
    ],
    default: "require-and-verify-client-cert",
    help: "What is asked of clients when `clientcas` is set.",
    since: "registry:3",
    status: "built",
  },
  "http.tls.minimumtls": {
    type: "choice",
    values: ["tls1.0", "tls1.1", "tls1.2", "tls1.3"],
    default: "tls1.2",
    help: "Lowest TLS version.",
    since: "registry:2",
    status: "built",
  },
  "http.tls.ciphersuites": {
    type: "list",
    help: "Allowed cipher suites.",
    since: "registry:2",
    status: "built",
  },
  "http.tls.letsencrypt.cachefile": {
    type: "text",
    help: "Where the account and certificates are kept.",
    since: "registry:2",
    status: "later",
  },
  "http.tls.letsencrypt.email": {
    type: "text",
    help: "Address for the ACME account.",
    since: "registry:2",
    status: "later",
  },
  "http.tls.letsencrypt.hosts": {
    type: "list",
    help: "Host names to get certificates for.",
    since: "registry:2",
    status: "later",
  },
  "http.tls.letsencrypt.directoryurl": {
    type: "text",
    help: "ACME directory.",
    since: "registry:3",
    status: "later",
  },
} as const satisfies FieldTable;
