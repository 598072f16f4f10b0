import { assertEquals } from "@std/assert";
import { configOf, errorsOf, warningsOf } from "./load.ts";

/** The configuration in the image of registry:2 (distribution-library-image). */
const REGISTRY_2 = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

/** That of registry:3. */
const REGISTRY_3 = `version: 0.1
log:
  level: debug
  fields:
    service: registry
    environment: development
storage:
  delete:
    enabled: true
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
  tag:
    concurrencylimit: 5
http:
  addr: :5000
  debug:
    addr: :5001
    prometheus:
      enabled: true
      path: /metrics
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

Deno.test("the configuration of registry:2's image is served as it is", () => {
  const config = configOf(REGISTRY_2);
  assertEquals(config.http.addr, ":5000");
  assertEquals(config.http.headers, { "X-Content-Type-Options": ["nosniff"] });
  assertEquals(config.storage.driver, { name: "filesystem", rootdirectory: "/var/lib/registry" });
  assertEquals(config.log.fields, { service: "registry" });
  assertEquals(config.health.storagedriver, { enabled: true, interval: 10_000, threshold: 3 });
  assertEquals(warningsOf(REGISTRY_2), []);
});

Deno.test("the configuration of registry:3's image is served, with a warning for what has no effect", () => {
  const config = configOf(REGISTRY_3);
  assertEquals(config.log.level, "debug");
  assertEquals(config.storage.delete.enabled, true);
  assertEquals(config.http.debug, {
    addr: ":5001",
    prometheus: { enabled: true, path: "/metrics" },
  });
  assertEquals(warningsOf(REGISTRY_3), [
    "config.yml:15: storage.tag.concurrencylimit: has no effect: berth needs no such limit",
  ]);
});

Deno.test("upload purging that is asked for in a file is a warning, also with values in distribution's form", () => {
  const text = "version: 0.1\nstorage:\n  inmemory:\n  maintenance:\n    uploadpurging:\n" +
    "      enabled: true\n      age: 168h\n      interval: 24h\n      dryrun: false\n";
  assertEquals(errorsOf(text), []);
  assertEquals(warningsOf(text).length, 1);
  assertEquals(warningsOf(text.replace("enabled: true", "enabled: false")), []);
});
