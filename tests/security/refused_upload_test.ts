// goals.md R13: an upload that nobody may make is refused before its body, which is neither asked for nor read to its end.
import { assert, assertEquals } from "@std/assert";
import type { AccessController } from "../../src/auth/access_controller.ts";
import type { Authenticator, Identity } from "../../src/auth/authenticator.ts";
import { everyUser } from "../../src/auth/every_user.ts";
import { byRules } from "../../src/auth/rules/rules.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { head } from "../support/ask.ts";
import { CHALLENGE, FakeUsers } from "../support/fake_users.ts";
import { InProcessServer } from "../support/in_process.ts";
import { InterposedDriver } from "../support/interposed_driver.ts";
import { RawConnection } from "../support/raw_http.ts";

const MIB = 1024 * 1024;
const TEN_GB = 10_000_000_000;
/** What the kernel holds for both ends comes on top of the MiB that is read. */
const MOST_SENT = 64 * MIB;

const PULLS = [{ repositories: ["**"], users: ["anonymous"], actions: ["pull"] }] as const;

const CONTROLLERS: Readonly<Record<string, (users: Authenticator) => AccessController>> = {
  "every user": everyUser,
  rules: (users) => byRules(PULLS, users),
};

const TARGETS = [
  ["PATCH", "/v2/r/blobs/uploads/00000000-0000-4000-8000-000000000000"],
  ["PUT", "/v2/r/blobs/uploads/00000000-0000-4000-8000-000000000000?digest=x"],
  ["POST", `/v2/r/blobs/uploads/?digest=sha256:${"0".repeat(64)}`],
  ["PUT", "/v2/r/manifests/t"],
] as const;

const CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "no credentials": {},
  "wrong credentials": { Authorization: "Wrong" },
};

async function startServer(access: AccessController) {
  const driver = new InterposedDriver(new MemoryDriver(), () => Promise.resolve());
  const server = await InProcessServer.start({ access, driver });
  return { server, driver };
}

/** Sends until the other side breaks off, but for ten seconds at most; resolves to the bytes that were taken. */
async function flood(client: RawConnection, chunk: Uint8Array<ArrayBuffer>): Promise<number> {
  let sent = 0;
  const timer = setTimeout(() => client[Symbol.dispose](), 10_000);
  try {
    while (sent < TEN_GB) sent += await client.connection.write(chunk);
  } catch {
    // broken off
  } finally {
    clearTimeout(timer);
  }
  return sent;
}

for (const [rule, controller] of Object.entries(CONTROLLERS)) {
  for (const [who, credentials] of Object.entries(CREDENTIALS)) {
    Deno.test(`10 GB by ${who} under ${rule} are refused without a 100 when one is expected`, async () => {
      const { server, driver } = await startServer(controller(new FakeUsers()));
      await using _server = server;
      for (const [method, target] of TARGETS) {
        using client = await RawConnection.open(server.port);
        const headers = {
          ...credentials,
          "Content-Length": String(TEN_GB),
          Expect: "100-continue",
        };
        await client.send(head(method, target, headers));
        const got = await client.response();
        assertEquals([got.status, got.header("www-authenticate")], [401, CHALLENGE]);
        assertEquals(got.header("connection"), "close");
        assert(await client.closed());
      }
      assertEquals([driver.count, server.faults], [0, []]);
    });

    Deno.test(`10 GB by ${who} under ${rule} that just come are answered, and cut`, async () => {
      const { server, driver } = await startServer(controller(new FakeUsers()));
      await using _server = server;
      for (const [method, target] of TARGETS) {
        using client = await RawConnection.open(server.port);
        await client.send(head(method, target, { ...credentials, "Content-Length": `${TEN_GB}` }));
        const [sent, got] = await Promise.all([
          flood(client, new Uint8Array(MIB)),
          client.response(),
        ]);
        assertEquals([got.status, got.header("connection")], [401, "close"]);
        assert(sent < MOST_SENT, `${sent} bytes went out`);
      }
      assertEquals([driver.count, server.faults], [0, []]);
    });
  }
}

Deno.test("nothing is read of a body while its sender's credentials are being looked at", async () => {
  const gate = Promise.withResolvers<Identity>();
  const asked = Promise.withResolvers<void>();
  const users: Authenticator = {
    challenge: CHALLENGE,
    identify: () => (asked.resolve(), gate.promise),
  };
  const { server, driver } = await startServer(everyUser(users));
  await using _server = server;
  const [method, target] = TARGETS[0];
  using client = await RawConnection.open(server.port);
  await client.send(head(method, target, { "Content-Length": `${TEN_GB}` }));
  await asked.promise;
  // Full buffers on both sides: no write ends any more.
  let sent = 0;
  const flooding = (async () => {
    try {
      while (sent < MOST_SENT) {
        sent += await client.connection.write(new Uint8Array(MIB));
      }
    } catch {
      // broken off, as it should be
    }
  })();
  for (let before = -1; before !== sent;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert(sent < MOST_SENT, `${sent} bytes went out`);
  gate.resolve({ kind: "wrong" });
  const got = await client.response();
  assertEquals([got.status, got.header("connection")], [401, "close"]);
  await flooding;
  assert(sent < MOST_SENT, `${sent} bytes went out`);
  assertEquals(driver.count, 0);
});

Deno.test("a client that leaves while its credentials are being looked at leaves nothing behind", async () => {
  const gate = Promise.withResolvers<Identity>();
  const asked = Promise.withResolvers<void>();
  const users: Authenticator = {
    challenge: CHALLENGE,
    identify: () => (asked.resolve(), gate.promise),
  };
  const { server, driver } = await startServer(everyUser(users));
  await using _server = server;
  using client = await RawConnection.open(server.port);
  await client.send(head("PATCH", TARGETS[0][1], { "Content-Length": `${TEN_GB}` }));
  await asked.promise;
  client[Symbol.dispose]();
  gate.resolve({ kind: "anonymous" });
  using next = await RawConnection.open(server.port);
  await next.send(head("GET", "/v2/"));
  assertEquals((await next.response()).status, 401);
  assertEquals([driver.count, server.faults], [0, []]);
});
