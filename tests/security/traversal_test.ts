// goals.md R16: nothing that a client writes is a path outside of the root, nor one inside that isn't its own.
import { assert, assertEquals } from "@std/assert";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { $B, $C, $M, IMAGE, OCI } from "../api/golden/content.ts";
import { RawConnection } from "../support/raw_http.ts";
import { ask, head } from "../support/ask.ts";
import { InProcessServer } from "../support/in_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { listTree } from "../support/tree.ts";
import {
  EVIL_DIGESTS,
  EVIL_PATHS,
  EVIL_QUERIES,
  type EvilRequest,
  FOLDER_NAMES,
  MANIFEST_HEADERS,
} from "./evil_paths.ts";
import { OCTETS } from "./upload_client.ts";

const SECRET = "the secret that lies outside of the root";

interface Place {
  readonly port: number;
  /** Of the storage. */
  readonly root: string;
  /** Beside the root; holds `secret`. */
  readonly outside: string;
}

/** A registry with one image in r, and a canary beside its root that must be unread and unchanged in the end. */
async function inPlace(run: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await TempFolder.make();
  const root = folder.at("root");
  const outside = folder.at("outside");
  await Deno.mkdir(outside);
  await Deno.writeTextFile(`${outside}/secret`, SECRET);
  const before = await listTree(outside);
  await using server = await InProcessServer.start({ driver: new FilesystemDriver({ root }) });
  await pushImage(server.port);
  await run({ port: server.port, root, outside });
  assertEquals(server.faults, []);
  assertEquals(await listTree(outside), before);
  assertEquals(await Deno.readTextFile(`${outside}/secret`), SECRET);
}

async function pushImage(port: number): Promise<void> {
  for (const [digest, body] of [[$B, "hello"], [$C, "{}"]] as const) {
    const target = `/v2/r/blobs/uploads/?digest=${digest}`;
    assertEquals((await ask(port, "POST", target, { headers: OCTETS, body })).status, 201);
  }
  const put = await ask(port, "PUT", "/v2/r/manifests/t", {
    headers: MANIFEST_HEADERS,
    body: IMAGE,
  });
  assertEquals(put.status, 201);
}

/** Sends them one after the other on as few connections as the server allows. @returns `METHOD target: status` of the bad ones */
async function send(
  port: number,
  requests: readonly EvilRequest[],
  isFine: (status: number, request: EvilRequest) => boolean,
): Promise<string[]> {
  const bad: string[] = [];
  let connection = await RawConnection.open(port);
  try {
    for (const request of requests) {
      const { method, target } = request;
      const body = method === "GET" || method === "HEAD" || method === "DELETE" ? "" : IMAGE;
      const headers = { ...MANIFEST_HEADERS, "Content-Length": String(body.length) };
      await connection.send(head(method, target, headers) + body);
      const response = await connection.response(method === "HEAD");
      const text = new TextDecoder().decode(response.body);
      if (!isFine(response.status, request) || text.includes(SECRET)) {
        bad.push(`${method} ${target}: ${response.status} ${text.slice(0, 200)}`);
      }
      for (const [name, value] of response.headers) {
        if (name.toLowerCase() === "x-evil" || /[\r\n\0]/.test(value)) {
          bad.push(`${target}: ${name}`);
        }
      }
      if (response.header("connection") !== "close") continue;
      connection[Symbol.dispose]();
      connection = await RawConnection.open(port);
    }
  } finally {
    connection[Symbol.dispose]();
  }
  return bad;
}

Deno.test(`${EVIL_PATHS.length} hostile targets are refused, and nothing is read or written`, async () => {
  await inPlace(async ({ port, root }) => {
    const before = await listTree(root);
    // 301: the cleaned path, which is looked at afresh when the client asks for it.
    assertEquals(
      await send(port, EVIL_PATHS, (status) => [301, 400, 404, 405].includes(status)),
      [],
    );
    assertEquals(await listTree(root), before);
  });
});

Deno.test("a redirect from a hostile target stays on this server and in its path", async () => {
  await inPlace(async ({ port }) => {
    for (const { target } of EVIL_PATHS.filter(({ method }) => method === "GET")) {
      const reply = await ask(port, "GET", target);
      const location = reply.header("location");
      if (location === undefined) continue;
      assert(/^\/(?!\/)[\x21-\x7e]*$/.test(location) && !location.includes("\\"), location);
      assert(!/(?:^|\/)\.{1,2}(?:\/|$)/.test(location), location);
    }
  });
});

Deno.test(`${EVIL_QUERIES.length} hostile parameters change nothing but what they ask for`, async () => {
  await inPlace(async ({ port, root }) => {
    const before = new Set((await listTree(root)).map(([path]) => path));
    const bad = await send(port, EVIL_QUERIES, (status, { method }) => {
      // A list from anywhere is a list; a mount that can't be had begins an upload.
      return status === 400 || status === 404 || (method === "GET" && status === 200) ||
        (method === "POST" && status === 202);
    });
    assertEquals(bad, []);
    const repository = "docker/registry/v2/repositories/r";
    const upload = new RegExp(`^${repository}/_uploads/(?:[0-9a-f-]{36}/(?:startedat)?)?$`);
    const added = (await listTree(root)).map(([path]) => path).filter((path) => !before.has(path));
    assertEquals(
      added.filter((path) => !upload.test(path) && !path.startsWith(`${repository}/_referrers/`)),
      [],
    );
  });
});

Deno.test("what a repository's own folders are called is no name, and a tag as any other", async () => {
  await inPlace(async ({ port, root }) => {
    const before = await listTree(root);
    for (const tag of FOLDER_NAMES) {
      for (const name of [tag, `r/${tag}`, `${tag}/r`]) {
        assertEquals((await ask(port, "GET", `/v2/${name}/tags/list`)).status, 404);
        assertEquals((await ask(port, "POST", `/v2/${name}/blobs/uploads/`)).status, 404);
      }
      const target = `/v2/r/manifests/${tag}`;
      const put = await ask(port, "PUT", target, { headers: MANIFEST_HEADERS, body: IMAGE });
      assertEquals(put.status, 201);
      assertEquals((await ask(port, "GET", target)).text, IMAGE);
      assertEquals((await ask(port, "DELETE", target)).status, 202);
    }
    assertEquals(await listTree(root), before);
  });
});

Deno.test("reading what isn't there makes no folders", async () => {
  await inPlace(async ({ port, root }) => {
    const before = await listTree(root);
    for (
      const path of [
        "tags/list",
        "manifests/t",
        `manifests/${$M}`,
        `blobs/${$B}`,
        `referrers/${$B}`,
      ]
    ) {
      for (const method of ["GET", "HEAD", "DELETE"]) await ask(port, method, `/v2/none/${path}`);
    }
    assertEquals(await listTree(root), before);
  });
});

Deno.test("digests in a manifest that are none are refused before anything is looked up", async () => {
  await inPlace(async ({ port, root }) => {
    const before = await listTree(root);
    const descriptor = (digest: string) => ({ mediaType: "application/x", digest, size: 1 });
    for (const digest of EVIL_DIGESTS) {
      const good = JSON.parse(IMAGE);
      for (
        const manifest of [
          { ...good, config: descriptor(digest) },
          { ...good, layers: [descriptor(digest)] },
          { ...good, subject: descriptor(digest) },
        ]
      ) {
        const body = JSON.stringify(manifest);
        const reply = await ask(port, "PUT", "/v2/r/manifests/evil", {
          headers: MANIFEST_HEADERS,
          body,
        });
        assertEquals([reply.status, reply.code], [400, "MANIFEST_INVALID"], body);
      }
    }
    assertEquals(await listTree(root), before);
  });
});

Deno.test("a link in the tree that leads out shows nothing and loses nothing", async () => {
  await inPlace(async ({ port, root, outside }) => {
    const tree = `${root}/docker/registry/v2`;
    const repository = `${tree}/repositories/r`;
    const other = `sha256:${"ab".repeat(32)}`;
    const layer = `${repository}/_layers/sha256/${"ab".repeat(32)}`;
    await Deno.mkdir(layer, { recursive: true });
    await Deno.symlink(`${outside}/secret`, `${layer}/link`);
    await Deno.symlink(outside, `${repository}/_manifests/tags/evil`);
    await Deno.symlink(outside, `${tree}/repositories/evil`);

    assertEquals((await ask(port, "GET", `/v2/r/blobs/${other}`)).code, "BLOB_UNKNOWN");
    assertEquals((await ask(port, "GET", "/v2/r/manifests/evil")).code, "MANIFEST_UNKNOWN");
    assertEquals((await ask(port, "GET", "/v2/evil/tags/list")).code, "NAME_UNKNOWN");
    assertEquals((await ask(port, "GET", "/v2/_catalog")).text, '{"repositories":["r"]}\n');
    // Removes the link itself, if anything: the canary is looked at by inPlace.
    const removed = await ask(port, "DELETE", "/v2/r/manifests/evil");
    assert([202, 404].includes(removed.status), removed.text);
    await ask(port, "DELETE", `/v2/r/blobs/${other}`);
  });
});

Deno.test("a link to a file in the place of a blob's data is not served as that blob", async () => {
  await using folder = await TempFolder.make();
  const root = folder.at("root");
  await Deno.writeTextFile(folder.at("secret"), SECRET);
  await using server = await InProcessServer.start({ driver: new FilesystemDriver({ root }) });
  await pushImage(server.port);
  const data = `${root}/docker/registry/v2/blobs/sha256/${$B.slice(7, 9)}/${$B.slice(7)}/data`;
  await Deno.remove(data);
  await Deno.symlink(folder.at("secret"), data);
  const reply = await ask(server.port, "GET", `/v2/r/blobs/${$B}`);
  assertEquals(reply.status, 500);
  assert(!reply.text.includes(SECRET) && !reply.text.includes(folder.path), reply.text);
  assertEquals(server.faults.length, 1);
});

Deno.test("links that lead in a circle end, for the catalog and for a mount from anywhere", async () => {
  await inPlace(async ({ port, root }) => {
    const repositories = `${root}/docker/registry/v2/repositories`;
    await Deno.symlink(".", `${repositories}/loop`);
    const catalog = await ask(port, "GET", "/v2/_catalog?n=1000");
    assertEquals(catalog.status, 200);
    assert(JSON.parse(catalog.text).repositories.includes("r"));
    const mount = await ask(port, "POST", `/v2/new/blobs/uploads/?mount=sha256:${"0".repeat(64)}`);
    assertEquals(mount.status, 202);
  });
});

Deno.test("what answers with the hostile text keeps it inside of its JSON", async () => {
  await inPlace(async ({ port }) => {
    const reply = await ask(port, "PUT", "/v2/r/manifests/evil", {
      headers: { "Content-Type": 'text/html;"><script>alert(1)</script>' },
      body: IMAGE,
    });
    assertEquals(reply.status, 400);
    assertEquals(reply.header("content-type"), "application/json");
    assertEquals(JSON.parse(reply.text).errors[0].code, "MANIFEST_INVALID");
    assertEquals((await ask(port, "GET", `/v2/r/manifests/${$M}`)).header("content-type"), OCI);
  });
});
