import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { imageClients } from "../support/clients/all.ts";
import type { ImageClient, ImageClientKind } from "../support/clients/client.ts";
import { DOCKER_ALTERNATIVE_NAME } from "../support/clients/docker.ts";
import {
  GUARD_TOOLS,
  GuardedRegistry,
  type GuardOptions,
  passwordOf,
} from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { toolTest } from "../support/tools.ts";

/** Each client against TLS with a private CA and htpasswd, with and without rules. */

const image = makeImage({ family: "docker", layers: [2_000, 40_000] });

const RULES = [
  '- {repositories: ["public/**"], users: [anonymous], actions: [pull]}',
  '- {repositories: ["public/**"], users: [authenticated], actions: [pull, push]}',
  '- {repositories: ["team/**"], users: [alice], actions: [pull, push]}',
];

/** What the clients print when they are not let in, each in its own words. */
const NOT_LET_IN = /unauthorized|authentication required|no basic auth|denied|invalid username/i;
const NOT_THERE = /not known|unknown|not found|does not exist|denied/i;

async function assertRefused(
  what: () => Promise<unknown>,
  reason: RegExp = NOT_LET_IN,
): Promise<string> {
  const { message } = await assertRejects(what, Error);
  assertMatch(message, reason);
  return message;
}

/** A message without what differs from one pull to the next: the repository, skopeo's time. */
function withoutName(message: string, name: string): string {
  return message.replaceAll(name, "NAME").replaceAll(/time="[^"]*"/g, "");
}

async function withClient(
  kind: ImageClientKind,
  options: GuardOptions,
  test: (client: ImageClient, registry: GuardedRegistry) => Promise<void>,
): Promise<void> {
  const alternativeNames = DOCKER_ALTERNATIVE_NAME;
  await using guarded = await GuardedRegistry.start({ alternativeNames, ...options });
  const { port } = guarded.registry;
  await using client = await kind.open({ port, authority: guarded.authority });
  await test(client, guarded);
}

for (const kind of imageClients) {
  const tools = [...GUARD_TOOLS, ...kind.tools];

  toolTest(
    { tools },
    `${kind.name} works for users only: after login, not after logout`,
    () =>
      withClient(kind, {}, async (client, guarded) => {
        await guarded.as("bob").pushImage("team/app", image, "old");
        await assertRefused(() => client.pull("team/app:old"));
        await client.login("alice", passwordOf("alice"));
        await client.push(image, "team/app:new");
        await client.pull("team/app:new");
        await client.pull("team/app:old");
        await client.logout();
        await assertRefused(() => client.pull("team/app:new"));
        await assertRefused(() => client.push(image, "team/app:newer"));
      }),
  );

  toolTest(
    { tools },
    `${kind.name} is told that a password is wrong, at login or at a pull`,
    () =>
      withClient(kind, {}, async (client, guarded) => {
        await guarded.as("bob").pushImage("team/app", image, "it");
        const login = () => client.login("alice", passwordOf("bob"));
        if (kind.checksLogin) await assertRefused(login);
        else await login();
        await assertRefused(() => client.pull("team/app:it"));
        await client.login("alice", passwordOf("alice"));
        await client.pull("team/app:it");
      }),
  );

  toolTest(
    { tools },
    `${kind.name} pulls without login what anybody may, pushes after login`,
    () =>
      withClient(kind, { access: RULES }, async (client, guarded) => {
        await guarded.as("alice").pushImage("public/app", image, "it");
        await guarded.as("alice").pushImage("team/app", image, "it");
        await client.pull("public/app:it");
        await assertRefused(() => client.push(image, "public/app:mine"));
        await assertRefused(() => client.pull("team/app:it"));
        if (kind.checksLogin) await assertRefused(() => client.login("bob", "wrong"));
        await client.login("bob", passwordOf("bob"));
        await client.push(image, "public/app:mine");
        await client.pull("public/app:mine");
      }),
  );

  toolTest(
    { tools },
    `${kind.name} shows a user nothing of what only others may see`,
    () =>
      withClient(kind, { access: RULES }, async (client, guarded) => {
        await guarded.as("alice").pushImage("team/app", image, "it");
        await client.login("bob", passwordOf("bob"));
        const there = await assertRefused(() => client.pull("team/app:it"), NOT_THERE);
        const notThere = await assertRefused(() => client.pull("team/none:it"), NOT_THERE);
        assertEquals(withoutName(there, "team/app"), withoutName(notThere, "team/none"));
        await assertRefused(() => client.push(image, "team/app:mine"));
        await client.logout();
        await client.login("alice", passwordOf("alice"));
        await client.push(image, "team/app:mine");
        await client.pull("team/app:it");
      }),
  );
}
