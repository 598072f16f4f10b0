import { assertEquals, assertStringIncludes } from "@std/assert";
import { BASE, errorsOf, warningsOf } from "./load.ts";

type Variables = Readonly<Record<string, string>>;

/** Variables and the one error that they give. */
const ERRORS: readonly (readonly [Variables, string])[] = [
  [
    { REGISTRY_HTTP_DRAINTIMEOUT: "soon" },
    'REGISTRY_HTTP_DRAINTIMEOUT: http.draintimeout: found "soon", expected a duration',
  ],
  [
    { REGISTRY_HTTP_RELATIVEURLS: "1" },
    "REGISTRY_HTTP_RELATIVEURLS: http.relativeurls: found 1, expected true or false",
  ],
  [{ REGISTRY_STORAGE: "" }, "REGISTRY_STORAGE: storage: no storage driver"],
  [
    { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: "/x" },
    "storage: found inmemory (config.yml:2) and filesystem (REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY), expected exactly one storage driver",
  ],
  [{ REGISTRY_STORAGE_FOO: "x" }, "REGISTRY_STORAGE_FOO: storage.foo: unknown storage driver"],
  [
    { REGISTRY_AUTH_FOO_BAR: "x" },
    "REGISTRY_AUTH_FOO_BAR: auth.foo: unknown kind of authentication",
  ],
  [
    { REGISTRY_AUTH: "{htpasswd: {path: /p}}" },
    "REGISTRY_AUTH: auth.htpasswd.realm: expected a text: it is needed for htpasswd authentication",
  ],
  [
    { REGISTRY_AUTH_HTPASSWD_REALM: "x" },
    "auth.htpasswd.path: expected a text: it is needed for htpasswd authentication",
  ],
  [
    { REGISTRY_NOTIFICATIONS_ENDPOINTS_2_NAME: "x" },
    "found index 2, expected at most 0: the list has that many elements",
  ],
  [
    { REGISTRY_NOTIFICATIONS_ENDPOINTS_0: "{name: a, url: 'http://x'}" },
    "notifications are not built",
  ],
  [{ REGISTRY_HTTP_HEADERS: "[a" }, "REGISTRY_HTTP_HEADERS: http.headers: not valid YAML"],
  [{ REGISTRY_HTTP: "text" }, "REGISTRY_HTTP: http: found a text (not shown), expected a mapping"],
  [
    { REGISTRY_LOG_HOOKS_0_MAILOPTIONS_FROM: "x@y" },
    "REGISTRY_LOG_HOOKS_0_MAILOPTIONS_FROM: log.hooks[0].options.from: hooks of the log are not built",
  ],
  [
    { REGISTRY_PROXY_REMOTEURL: "mirror:5000" },
    'REGISTRY_PROXY_REMOTEURL: proxy.remoteurl: found "mirror:5000", expected a URL',
  ],
];

for (const [variables, expected] of ERRORS) {
  Deno.test(`${Object.keys(variables)[0]}=${Object.values(variables)[0]} is refused`, () => {
    const errors = errorsOf(BASE, variables);
    assertStringIncludes(errors.join("\n"), expected);
    assertEquals(errors.length, 1, errors.join("\n"));
  });
}

/** Variables and the one warning that they give. */
const WARNINGS: readonly (readonly [Variables, string])[] = [
  [
    { REGISTRY_HTTP_ADR: "x" },
    "REGISTRY_HTTP_ADR: ignored: there is no such setting, did you mean REGISTRY_HTTP_ADDR?",
  ],
  [
    { REGISTRY_HTPP_ADDR: "x" },
    "REGISTRY_HTPP_ADDR: ignored: there is no such setting, did you mean REGISTRY_HTTP_ADDR?",
  ],
  [{ REGISTRY_USER: "x" }, "REGISTRY_USER: ignored: there is no such setting"],
  [
    { REGISTRY_http_addr: "x" },
    "REGISTRY_http_addr: ignored: there is no such setting, did you mean REGISTRY_HTTP_ADDR?",
  ],
  [
    { REGISTRY_HTTP_ADDR_FOO: "x" },
    "REGISTRY_HTTP_ADDR_FOO: ignored: nothing can be set below http.addr",
  ],
  [
    { REGISTRY_HTTP_TLS_CLIENTCAS_X: "x" },
    "REGISTRY_HTTP_TLS_CLIENTCAS_X: ignored: http.tls.clientcas is a list, after it comes a number",
  ],
  [
    { REGISTRY_NOTIFICATIONS_ENDPOINTS_NAME: "x" },
    "REGISTRY_NOTIFICATIONS_ENDPOINTS_NAME: ignored: notifications.endpoints is a list, after it comes a number",
  ],
  [
    { REGISTRY_VERSION: "latest" },
    "REGISTRY_VERSION: ignored: it is no version of the configuration format, which is 0.1 (is it that of an image?)",
  ],
  [
    { REGISTRY_VERSION: "3" },
    "REGISTRY_VERSION: ignored: it is no version of the configuration format, which is 0.1 (is it that of an image?)",
  ],
  [
    {
      REGISTRY_PORT: "tcp://10.0.0.1:5000",
      REGISTRY_PORT_5000_TCP: "tcp://10.0.0.1:5000",
      REGISTRY_PORT_5000_TCP_PROTO: "tcp",
      REGISTRY_PORT_5000_TCP_PORT: "5000",
      REGISTRY_PORT_5000_TCP_ADDR: "10.0.0.1",
      REGISTRY_SERVICE_HOST: "10.0.0.1",
      REGISTRY_SERVICE_PORT: "5000",
      REGISTRY_SERVICE_PORT_HTTP: "5000",
      REGISTRY_STORAGE_SERVICE_HOST: "10.0.0.1",
    },
    "ignored: REGISTRY_PORT and 8 more like it, which Kubernetes sets for a service of that name (enableServiceLinks: false in the pod turns it off)",
  ],
  [
    { REGISTRY_CONFIGURATION_PATH: "/x", REGISTRY_PORT: "5000" },
    "REGISTRY_PORT: ignored: there is no such setting",
  ],
  [
    { REGISTRY_REDIS_OPTIONS_PASSWORD: "@x" },
    "REGISTRY_REDIS_OPTIONS_PASSWORD: redis.options: has no effect: nothing uses Redis yet",
  ],
];

for (const [variables, expected] of WARNINGS) {
  Deno.test(`${Object.keys(variables)[0]}=${Object.values(variables)[0]} gives one warning`, () => {
    assertEquals(warningsOf(BASE, variables), [expected]);
    assertEquals(errorsOf(BASE, variables), []);
  });
}
