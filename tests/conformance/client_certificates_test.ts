import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { docker, DOCKER_ALTERNATIVE_NAME } from "../support/clients/docker.ts";
import { podman, skopeo } from "../support/clients/containers_image.ts";
import { crane } from "../support/clients/crane.ts";
import type { ImageClientKind } from "../support/clients/client.ts";
import { Containerd } from "../support/containerd.ts";
import { GUARD_TOOLS, GuardedRegistry } from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { attempt, run } from "../support/process.ts";
import { toolTest } from "../support/tools.ts";

/** Each client against a registry that wants a certificate of it (`http.tls.clientcas`). */

const image = makeImage({ family: "docker", layers: [2_000, 40_000] });

/** What the clients print when they are not let in: our sentence or its status; of distribution, how the handshake ended. */
const NO_CERTIFICATE =
  /certificate is required|403|certificate required|bad certificate|broken pipe|EOF|client conn could/i;

function startDemanding(): Promise<GuardedRegistry> {
  const alternativeNames = DOCKER_ALTERNATIVE_NAME;
  return GuardedRegistry.start({ users: [], clientCertificates: true, alternativeNames });
}

function endpointOf({ registry, authority }: GuardedRegistry) {
  return { port: registry.port, authority };
}

for (const kind of [docker, podman, skopeo]) {
  const tools = [...GUARD_TOOLS, ...kind.tools];
  toolTest({ tools }, `${kind.name} pushes and pulls with its certificate`, async () => {
    await using guarded = await startDemanding();
    const certificate = guarded.clientCertificate;
    await using client = await kind.open({ ...endpointOf(guarded), certificate });
    await client.push(image, "team/app:it");
    await client.pull("team/app:it");
  });
}

/** crane can show none at all. */
const withoutCertificate: readonly ImageClientKind[] = [docker, podman, skopeo, crane];

for (const kind of withoutCertificate) {
  const tools = [...GUARD_TOOLS, ...kind.tools];
  toolTest({ tools }, `${kind.name} is not let in without a certificate`, async () => {
    await using guarded = await startDemanding();
    await guarded.as().pushImage("team/app", image, "it");
    await using client = await kind.open(endpointOf(guarded));
    const error = await assertRejects(() => client.pull("team/app:it"), Error);
    assertMatch(error.message, NO_CERTIFICATE);
  });

  toolTest({ tools }, `${kind.name} does not trust a registry of another CA`, async () => {
    await using guarded = await GuardedRegistry.start({
      users: [],
      alternativeNames: DOCKER_ALTERNATIVE_NAME,
    });
    await using other = await GuardedRegistry.start({ users: [] });
    await guarded.as().pushImage("team/app", image, "it");
    const { port } = guarded.registry;
    await using client = await kind.open({ port, authority: other.authority });
    const error = await assertRejects(() => client.pull("team/app:it"), Error);
    assertMatch(error.message, /certificate signed by unknown authority|x509/);
  });
}

toolTest(
  { tools: [...GUARD_TOOLS, "containerd", "ctr"] },
  "containerd pulls with its certificate only",
  async () => {
    await using guarded = await startDemanding();
    await using containerd = await Containerd.start();
    await guarded.as().pushImage("team/app", image, "it");
    const reference = `${guarded.host}/team/app:it`;
    await containerd.configure(guarded.host, { ca: guarded.authority });
    const error = await assertRejects(() => containerd.pull(reference), Error);
    assertMatch(error.message, NO_CERTIFICATE);
    const client = guarded.clientCertificate;
    await containerd.configure(guarded.host, { ca: guarded.authority, client });
    await containerd.pull(reference);
  },
);

toolTest(
  { tools: [...GUARD_TOOLS, "curl"] },
  "curl is let in with a certificate of the CA, and not with one of another",
  async () => {
    await using guarded = await startDemanding();
    await using other = await GuardedRegistry.start({ users: [] });
    const curl = ["curl", "-s", "--cacert", guarded.authority, `${guarded.url}/v2/`];
    const shown = ({ certificate, key }: { certificate: string; key: string }) => [
      ...curl,
      ...["--cert", certificate, "--key", key],
    ];
    assertEquals((await run(shown(guarded.clientCertificate))).stdout, "{}");
    for (const command of [curl, shown(other.clientCertificate)]) {
      const refused = await attempt([...command, "--fail"]);
      assertEquals(refused.stdout, "");
      // 22 is our 403; of distribution 35 the handshake, 16 (HTTP/2), 52, 55 and 56 the connection
      assertMatch(String(refused.code), /^(16|22|35|52|55|56)$/);
    }
  },
);
