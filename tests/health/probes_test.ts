import { assertEquals, assertRejects } from "@std/assert";
import { systemProbes } from "../../src/health/probes.ts";
import { storageCheck } from "../../src/health/storage_check.ts";
import { FilesystemDriver } from "../../src/storage/filesystem.ts";
import { freePort } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";

const never = new AbortController().signal;

/** What a probe rejects with, undefined when it passes. */
function failure(probe: Promise<void>): Promise<string | undefined> {
  return probe.then(() => undefined, (error) => error.message);
}

interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
}

/** A server that keeps the requests and answers one status, until the test is over. */
async function answering(status: number, test: (url: string, seen: Seen[]) => Promise<void>) {
  const seen: Seen[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { method, headers, url } = request;
    seen.push({
      path: url.slice(new URL(url).origin.length),
      method,
      headers: new Headers(headers),
    });
    return new Response(null, { status, headers: status === 301 ? { location: "/other" } : {} });
  });
  try {
    await test(`http://127.0.0.1:${server.addr.port}/x`, seen);
  } finally {
    await server.shutdown();
  }
}

Deno.test("a file that exists is a failure, one that is missing is none", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("down");
  assertEquals(await failure(systemProbes.absent(path)), undefined);
  await Deno.writeTextFile(path, "");
  assertEquals(await failure(systemProbes.absent(path)), "file exists");
  assertEquals(
    await failure(systemProbes.absent(`${path}/below`)),
    `stat ${path}/below: not a directory`,
  );
});

Deno.test("HEAD must answer the status that is expected", async () => {
  await answering(501, async (uri, seen) => {
    const headers = { "X-A": ["1", "2"] };
    const text = `${uri}: downstream service returned unexpected status: 501`;
    assertEquals(
      await failure(systemProbes.head({ uri, headers, statuscode: 200 }, never)),
      text,
    );
    assertEquals(
      await failure(systemProbes.head({ uri, headers, statuscode: 501 }, never)),
      undefined,
    );
    assertEquals(seen.map(({ method, headers }) => [method, headers.get("x-a")]), [
      ["HEAD", "1, 2"],
      ["HEAD", "1, 2"],
    ]);
  });
});

Deno.test("a name and a password in the URL are sent, and are in no text", async () => {
  await answering(500, async (uri, seen) => {
    const named = uri.replace("://", "://a:p%C3%A4ss@");
    assertEquals(
      await failure(systemProbes.head({ uri: named, headers: {}, statuscode: 200 }, never)),
      `${uri}: downstream service returned unexpected status: 500`,
    );
    assertEquals(seen[0]?.headers.get("authorization"), "Basic YTpww6Rzcw==");
  });
});

Deno.test("the query of the URL is sent, and is in no text", async () => {
  await answering(500, async (uri, seen) => {
    const asking = (uri: string) =>
      failure(systemProbes.head({ uri, headers: {}, statuscode: 1 }, never));
    const text = `${uri}: downstream service returned unexpected status: 500`;
    assertEquals(await asking(`${uri}?token=CANARY`), text);
    assertEquals(await asking(`${uri}?token=CANARY`.replace("://", "://a:b@")), text);
    assertEquals(seen.map(({ path }) => path), ["/x?token=CANARY", "/x?token=CANARY"]);
  });
  const refused = `http://127.0.0.1:${freePort()}/x?token=CANARY`;
  for (const uri of [refused, refused.replace("://", "://a:CANARY@")]) {
    const text = await failure(systemProbes.head({ uri, headers: {}, statuscode: 1 }, never));
    assertEquals([text?.includes("connection refused"), text?.includes("CANARY")], [true, false]);
  }
});

Deno.test("a redirect that leads nowhere is told without its query", async () => {
  const nowhere = `http://127.0.0.1:${freePort()}/y?token=CANARY`;
  const onListen = () => {};
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, (request) => {
    const isLoop = new URL(request.url).pathname === "/loop";
    const location = isLoop ? "/loop?token=CANARY" : nowhere;
    return new Response(null, { status: 302, headers: { location } });
  });
  try {
    for (const path of ["/loop", "/away"]) {
      const uri = `http://127.0.0.1:${server.addr.port}${path}?token=CANARY`;
      const text = await failure(systemProbes.head({ uri, headers: {}, statuscode: 200 }, never));
      assertEquals([typeof text, text?.includes("CANARY")], ["string", false], text);
    }
  } finally {
    await server.shutdown();
  }
});

Deno.test("where nobody listens both connections fail in distribution's words", async () => {
  const place = `127.0.0.1:${freePort()}`;
  const refused = `dial tcp ${place}: connect: connection refused`;
  assertEquals(
    await failure(systemProbes.connect(place, never)),
    `${place}: connection failed: ${refused}`,
  );
  const uri = `http://${place}/x`;
  assertEquals(
    await failure(systemProbes.head({ uri, headers: {}, statuscode: 200 }, never)),
    `${uri}: error while checking: Head "${uri}": ${refused}`,
  );
});

Deno.test("a connection is made and closed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  assertEquals(
    await failure(systemProbes.connect(`127.0.0.1:${listener.addr.port}`, never)),
    undefined,
  );
  using connection = await accepted;
  assertEquals(await connection.read(new Uint8Array(1)).catch(() => null), null);
});

Deno.test("a server that accepts and says nothing is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const abort = new AbortController();
  const uri = `http://127.0.0.1:${listener.addr.port}/`;
  const asked = assertRejects(() =>
    systemProbes.head({ uri, headers: {}, statuscode: 200 }, abort.signal)
  );
  using _ = await accepted;
  abort.abort();
  await asked;
});

Deno.test("a storage root that is missing is healthy, one that is a file is not", async () => {
  await using folder = await TempFolder.make();
  const root = folder.at("disk", "data");
  const driver = new FilesystemDriver({ root });
  const check = storageCheck(driver, { path: root, isFile: systemProbes.isFile });
  try {
    assertEquals(await failure(check()), undefined);
    await Deno.mkdir(root, { recursive: true });
    assertEquals(await failure(check()), undefined);
    for (const inTheWay of [root, folder.at("disk")]) {
      await Deno.remove(inTheWay, { recursive: true });
      await Deno.writeTextFile(inTheWay, "");
      assertEquals(await failure(check()), `filesystem: stat ${root}: not a directory`);
    }
  } finally {
    await driver.close();
  }
});
