import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Certificates, type Issued } from "../support/certificates.ts";
import { docker, DOCKER_ALTERNATIVE_NAME } from "../support/clients/docker.ts";
import { makeImage } from "../support/images.ts";
import { attempt, run } from "../support/process.ts";
import { ServedConfig } from "../support/served_config.ts";
import { toolTest } from "../support/tools.ts";

/** Use case 2: behind TLS on 443, with a certificate of a private CA. Folders and the port are the test's, all else is as people have it. */

const NAME = "registry.example.com";
const tools = ["openssl", "curl"];

const file = (data: string, port: number, certificate?: Issued) =>
  `\
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${data}
  delete:
    enabled: true
http:
  addr: :${port}
  host: https://${NAME}
  headers:
    X-Content-Type-Options: [nosniff]
${certificate ? tlsSection(certificate) : ""}\
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

function tlsSection({ certificate, key }: Issued): string {
  return `  tls:\n    certificate: ${certificate}\n    key: ${key}\n`;
}

function issue(ca: Certificates, options: Parameters<Certificates["issue"]>[1] = {}) {
  const alternativeNames = `DNS:${NAME}, ${DOCKER_ALTERNATIVE_NAME}`;
  return ca.issue("registry", { alternativeNames, ...options });
}

/** curl as on a machine where the name leads here. */
function curl(ca: Certificates, port: number, ...args: string[]): string[] {
  const route = ["--connect-to", `${NAME}:443:127.0.0.1:${port}`];
  return ["curl", "-s", "-i", ...route, "--cacert", ca.root.certificate, ...args];
}

toolTest({ tools: [...tools, ...docker.tools] }, "use case 2: docker behind TLS", async () => {
  await using ca = await Certificates.make();
  const certificate = await issue(ca);
  await using berth = await ServedConfig.start(ca.folder, {
    scheme: "https",
    config: ({ folder, port }) => file(folder.at("data"), port, certificate),
  });
  await using client = await docker.open({
    port: berth.port,
    authority: ca.root.certificate,
  });
  const image = makeImage({ family: "docker", layers: [2_000, 40_000] });
  await client.push(image, "team/pause:latest");
  await client.pull("team/pause:latest");

  const path = `https://${NAME}/v2/team/pause`;
  const tags = await run(curl(ca, berth.port, `${path}/tags/list`));
  assertStringIncludes(tags.stdout, '{"name":"team/pause","tags":["latest"]}');
  assertMatch(tags.stdout, /^x-content-type-options: nosniff\r$/im);
  const upload = await run(curl(ca, berth.port, "-X", "POST", `${path}/blobs/uploads/`));
  assertMatch(upload.stdout, new RegExp(`^location: ${path}/blobs/uploads/`, "im"));
});

for (const key of ["rsa", "ec"] as const) {
  for (const form of ["pkcs8", "traditional"] as const) {
    toolTest({ tools }, `use case 2: a key of ${key}, ${form}, named by variables`, async () => {
      await using ca = await Certificates.make();
      const issued = await issue(ca, { key, form });
      const env = {
        REGISTRY_HTTP_TLS_CERTIFICATE: issued.certificate,
        REGISTRY_HTTP_TLS_KEY: issued.key,
      };
      await using berth = await ServedConfig.start(ca.folder, {
        scheme: "https",
        config: ({ folder, port }) => file(folder.at("data"), port),
        env: () => env,
      });
      const answer = await run(curl(ca, berth.port, `https://${NAME}/v2/`));
      assertStringIncludes(answer.stdout, "200");
      assertStringIncludes(answer.stdout, "{}");
    });
  }
}

toolTest({ tools }, "use case 2: the certificate has an intermediate CA in its chain", async () => {
  await using ca = await Certificates.make();
  const issuer = await ca.issue("intermediate", { use: "ca", subject: "/CN=intermediate" });
  const certificate = await issue(ca, { issuer });
  await using berth = await ServedConfig.start(ca.folder, {
    scheme: "https",
    config: ({ folder, port }) => file(folder.at("data"), port, certificate),
  });
  const answer = await run(curl(ca, berth.port, `https://${NAME}/v2/`));
  assertStringIncludes(answer.stdout, "200");
});

toolTest({ tools }, "use case 2: who doesn't know the CA doesn't trust the registry", async () => {
  await using ca = await Certificates.make();
  await using other = await Certificates.make();
  const certificate = await issue(ca);
  await using berth = await ServedConfig.start(ca.folder, {
    scheme: "https",
    config: ({ folder, port }) => file(folder.at("data"), port, certificate),
  });
  const refused = await attempt(curl(other, berth.port, `https://${NAME}/v2/`));
  assertEquals(refused.code, 60);
});
