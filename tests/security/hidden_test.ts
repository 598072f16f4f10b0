// A repository that a caller may not see answers like one that isn't there: the bytes on the wire, through the real listener and store.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { AccessRule } from "../../src/auth/rules/rulebook.ts";
import { byRules } from "../../src/auth/rules/rules.ts";
import { head } from "../support/ask.ts";
import { FakeUsers } from "../support/fake_users.ts";
import { makeImage } from "../support/images.ts";
import { InProcessServer } from "../support/in_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { RegistryClient } from "../support/registry_client.ts";

const RULES: readonly AccessRule[] = [
  { repositories: ["**"], users: ["anonymous"], actions: ["push"] },
  { repositories: ["**"], users: ["admin"], actions: ["pull", "push", "delete", "catalog"] },
  { repositories: ["team/**"], users: ["alice"], actions: ["pull", "push", "delete", "catalog"] },
];

/** Names of one length, so that answers that quote them have one too. */
const HIDDEN = "secret/app";
const ABSENT = "absent/app";
const image = makeImage({ layers: [2_000] });
const { digest } = image.manifest.descriptor;
const [blob = ""] = image.blobs.map(({ descriptor }) => descriptor.digest);

/** Starts with a hidden repository that holds an image and an unfinished upload. */
async function startServer() {
  const server = await InProcessServer.start({ access: byRules(RULES, new FakeUsers()) });
  const client = new RegistryClient(server.url);
  await client.pushImage(HIDDEN, image, "t");
  const upload = new URL(await client.startUpload(HIDDEN)).pathname.split("/").at(-1) ?? "";
  return { server, upload };
}

type Headers = Readonly<Record<string, string>>;

/** Reads for which a hidden repository and its upload would have an answer. */
function pulls(upload: string): readonly (readonly [path: string, headers: Headers])[] {
  return [
    ["tags/list", {}],
    ["tags/list?n=1", {}],
    ["tags/list?n=0", {}],
    ["tags/list?n=x", {}],
    ["manifests/t", {}],
    ["manifests/t", { "If-None-Match": `"${digest}"` }],
    ["manifests/t", { Accept: "x/y" }],
    [`manifests/${digest}`, {}],
    [`blobs/${blob}`, {}],
    [`blobs/${blob}`, { Range: "bytes=0-3" }],
    [`blobs/${blob}`, { Range: "bytes=999999999-" }],
    [`blobs/${blob}`, { "If-None-Match": `"${blob}"` }],
    [`blobs/${blob}`, { "If-Match": `"x"` }],
    [`referrers/${digest}`, {}],
    [`referrers/${digest}?artifactType=x`, {}],
    [`blobs/uploads/${upload}`, {}],
    ["blobs/uploads/", {}],
  ];
}

/** The whole answer as text, but for its date and the name that it was asked for. */
async function wire(
  port: number,
  user: string,
  method: string,
  repository: string,
  path: string,
  headers: Headers,
): Promise<string> {
  using connection = await RawConnection.open(port);
  const authorization = `User ${user}`;
  await connection.send(
    head(method, `/v2/${repository}/${path}`, { Authorization: authorization, ...headers }),
  );
  const got = await connection.response(method === "HEAD");
  const lines = got.headers.filter(([name]) => name.toLowerCase() !== "date");
  const text = [
    String(got.status),
    ...lines.map((line) => line.join(": ")),
    new TextDecoder().decode(got.body),
  ];
  return text.join("\n").replaceAll(repository, "NAME");
}

Deno.test("every read of a hidden repository answers as one of an absent repository, byte for byte", async () => {
  const { server, upload } = await startServer();
  await using _server = server;
  for (const method of ["GET", "HEAD"]) {
    for (const [path, headers] of pulls(upload)) {
      const ask = (user: string, repository: string) =>
        wire(server.port, user, method, repository, path, headers);
      const what = `${method} ${path} ${JSON.stringify(headers)}`;
      const hidden = await ask("alice", HIDDEN);
      assertEquals(hidden, await ask("alice", ABSENT), what);
      assertEquals(hidden, await ask("admin", ABSENT), `${what}: absent to who may see it`);
    }
  }
  const shown = await wire(server.port, "admin", "GET", HIDDEN, "manifests/t", {});
  assertNotEquals(shown, await wire(server.port, "alice", "GET", HIDDEN, "manifests/t", {}));
  assertEquals(server.faults, []);
});

Deno.test("what may not be deleted is refused alike, whether it is there or not", async () => {
  const { server } = await startServer();
  await using _server = server;
  for (const path of ["manifests/t", `manifests/${digest}`, `blobs/${blob}`]) {
    const ask = (repository: string) => wire(server.port, "alice", "DELETE", repository, path, {});
    const hidden = await ask(HIDDEN);
    assertEquals(hidden, await ask(ABSENT), path);
    assert(hidden.startsWith("403\n"), hidden);
  }
});

Deno.test("the catalog and mounts say nothing of a hidden repository", async () => {
  const { server } = await startServer();
  await using _server = server;
  const client = new RegistryClient(server.url);
  const headers = { authorization: "User alice" };
  const catalog = await client.request("GET", "/v2/_catalog", { headers });
  assertEquals(new TextDecoder().decode(catalog.bytes), '{"repositories":[]}\n');
  for (const from of [`&from=${HIDDEN}`, `&from=${ABSENT}`, ""]) {
    const target = `/v2/team/app/blobs/uploads/?mount=${blob}${from}`;
    const got = await client.request("POST", target, { headers });
    assertEquals(got.status, 202, from);
    const names = [...got.headers.keys()].filter((name) => name !== "date").sort();
    assertEquals(names, [
      "connection",
      "content-length",
      "docker-distribution-api-version",
      "docker-upload-uuid",
      "location",
      "range",
    ]);
  }
  const held = await client.request("HEAD", `/v2/team/app/blobs/${blob}`, { headers });
  assertEquals(held.status, 404);
});
