import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Certificates } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { head } from "../../support/listening.ts";
import { attempt } from "../../support/process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { SecureListening } from "../../support/secure_listening.ts";
import { toolTest } from "../../support/tools.ts";

const OPENSSL = { tools: ["openssl"] };
const CURL = { tools: ["openssl", "curl"] };

function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** The begin of a ClientHello that says it is longer than what came. */
const HALF_HELLO = Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);

toolTest(OPENSSL, "plain HTTP on the port of TLS is answered in Go's words", async () => {
  await using authority = await Certificates.make();
  await using server = await SecureListening.start(authority, await authority.issue("server"));
  for (
    const request of [head("GET /"), head("PUT /", "Content-Length: 100000") + "x".repeat(5000)]
  ) {
    using client = await RawConnection.open(server.port);
    await client.send(request);
    const { status, body } = await client.response();
    assertEquals(status, 400);
    assertStringIncludes(
      new TextDecoder().decode(body),
      "Client sent an HTTP request to an HTTPS server.",
    );
  }
  assertEquals(server.counted.filter((each) => each === "failed").length, 2);
});

toolTest(
  OPENSSL,
  "handshakes that do not come to their end are closed, and make one line in the log",
  async () => {
    await using authority = await Certificates.make();
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      listener: { headerTimeout: 800 },
    });
    const silent = await Promise.all(
      Array.from({ length: 50 }, () => RawConnection.open(server.port)),
    );
    const half = await Promise.all(
      Array.from({ length: 50 }, () => RawConnection.open(server.port)),
    );
    for (const client of half) await client.send(HALF_HELLO);
    using good = await server.front.connect().catch(() => RawConnection.open(server.port));
    assert(good);
    for (const client of [...silent, ...half]) {
      assert(await client.closed());
      client[Symbol.dispose]();
    }
    await eventually(
      "all are counted",
      () => server.counted.filter((e) => e === "failed").length >= 100,
    );
    await eventually("the log tells", () => server.log.lines.length > 0);
    assertEquals(server.log.lines.length, 1);
    assertStringIncludes(server.log.lines[0] ?? "", "it took too long");
  },
);

toolTest(OPENSSL, "a connection that says nothing and leaves is no failure", async () => {
  await using authority = await Certificates.make();
  await using server = await SecureListening.start(authority, await authority.issue("server"));
  const before = openFiles();
  (await RawConnection.open(server.port))[Symbol.dispose]();
  const half = await RawConnection.open(server.port);
  await half.send(HALF_HELLO);
  half[Symbol.dispose]();
  await eventually("both are closed", () => openFiles() <= before);
  await eventually("one is counted", () => server.counted.includes("failed"));
  assertEquals(server.counted.filter((each) => each === "failed").length, 1);
});

toolTest(
  OPENSSL,
  "a client that sends nothing more after its request still gets the answer",
  async () => {
    await using authority = await Certificates.make();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      handler: async (x) => {
        await ended;
        await x.reply(200, {}, "late");
      },
    });
    const root = await Deno.readTextFile(authority.root.certificate);
    using client = await RawConnection.openTls(server.port, root);
    await client.send(head("GET /"));
    await client.connection.closeWrite();
    // what comes after the end of the first is seen after it
    using other = await RawConnection.openTls(server.port, root);
    await other.send(head("GET /"));
    end();
    assertEquals((await other.response()).status, 200);
    assertEquals((await client.response()).status, 200);
  },
);

toolTest(CURL, "TLS is spoken on a unix socket as well", async () => {
  await using authority = await Certificates.make();
  const path = authority.folder.at("socket");
  await using server = await SecureListening.start(authority, await authority.issue("server"), {
    listener: { address: { net: "unix", path } },
    handler: (x) => x.reply(200, {}, `${x.secure} ${x.remoteAddress}`),
  });
  const { status, body } = await server.curl(undefined, "--unix-socket", path);
  assertEquals([status, body], [200, "true @"]);
});

toolTest(OPENSSL, "300 aborted handshakes leave nothing open", async () => {
  await using authority = await Certificates.make();
  await using server = await SecureListening.start(authority, await authority.issue("server"));
  const before = openFiles();
  for (let i = 0; i < 300; i++) {
    using client = await RawConnection.open(server.port);
    if (i % 3 === 1) await client.send(HALF_HELLO);
    if (i % 3 === 2) await client.send("\x16\x03\x01\x00\x05nonsense of some length");
  }
  await eventually("their files are closed", () => openFiles() <= before);
});

toolTest(
  OPENSSL,
  "a handshake that has lasted longest makes room when there are too many connections",
  async () => {
    await using authority = await Certificates.make();
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      listener: { connectionLimits: { connections: 10, backlog: 100 } },
    });
    const half = await Promise.all(
      Array.from({ length: 10 }, () => RawConnection.open(server.port)),
    );
    for (const client of half) await client.send(HALF_HELLO);
    const { status } = await server.curl();
    assertEquals(status, 200);
    for (const client of half) client[Symbol.dispose]();
  },
);

for (const minimumtls of ["tls1.2", "tls1.3"] as const) {
  toolTest(CURL, `with minimumtls ${minimumtls}, older versions get an alert`, async () => {
    await using authority = await Certificates.make();
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      tls: { minimumtls },
    });
    const lowest = Number(minimumtls.slice(3));
    for (const version of ["1.0", "1.1", "1.2", "1.3"]) {
      const { status, code } = await server.curl(
        undefined,
        ...["--tlsv1.0", "--tls-max", version],
        ...(Number(version) < 1.2 ? ["--ciphers", "DEFAULT:@SECLEVEL=0"] : []),
      );
      const isTaken = Number(version) >= lowest;
      assertEquals([status, code], isTaken ? [200, 0] : [0, 35], version);
    }
  });
}

toolTest(CURL, "HTTP/1.1 is what is agreed on, also with a client that knows h2", async () => {
  await using authority = await Certificates.make();
  await using server = await SecureListening.start(authority, await authority.issue("server"));
  const { stdout } = await attempt([
    ...["openssl", "s_client", "-connect", `127.0.0.1:${server.port}`],
    ...["-alpn", "h2,http/1.1"],
  ]);
  assertStringIncludes(stdout, "ALPN protocol: http/1.1");
});

toolTest(
  CURL,
  "a client of TLS 1.2 with a cipher suite that is not listed is refused",
  async () => {
    await using authority = await Certificates.make();
    await using server = await SecureListening.start(authority, await authority.issue("server"), {
      tls: { ciphersuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] },
    });
    const ask = (...args: string[]) => server.curl(undefined, ...args);
    const good = await ask("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384");
    assertEquals(good.status, 200);
    const other = await ask("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256");
    assertEquals(other.status, 403);
    assertStringIncludes(other.body, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 is not among");
    assertEquals((await ask()).status, 200);
    assertStringIncludes(server.log.lines.join("\n"), "cannot choose on this runtime");
  },
);

for (const key of ["rsa", "ec"] as const) {
  for (const form of ["pkcs8", "traditional"] as const) {
    toolTest(CURL, `a chain with a key of ${key} as ${form} serves TLS 1.2 and 1.3`, async () => {
      await using authority = await Certificates.make();
      const issuer = await authority.issue("middle", { use: "ca" });
      const issued = await authority.issue("server", { key, form, issuer });
      await using server = await SecureListening.start(authority, issued);
      for (const version of ["1.2", "1.3"]) {
        assertEquals((await server.curl(undefined, "--tls-max", version)).status, 200, version);
      }
    });
  }
}
