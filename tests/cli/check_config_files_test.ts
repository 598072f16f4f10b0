import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openDoors } from "../../src/app_doors.ts";
import { denoSystem } from "../../src/cli/deno_system.ts";
import { run } from "../../src/cli/run.ts";
import { NO_METRICS } from "../../src/metrics/metrics.ts";
import { configOf } from "../config/load.ts";
import { Certificates } from "../support/certificates.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

const BASE = "version: 0.1\nstorage: {filesystem: {rootdirectory: /proc/none}}\n";
const HASH = "$2y$05$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK";

/** `check-config` with the system's own files. */
async function check(text: string, folder: TempFolder) {
  const path = folder.at("config.yml");
  await Deno.writeTextFile(path, text);
  let [stdout, stderr] = ["", ""];
  const status = await run(["check-config", path], {
    ...denoSystem(),
    environment: {},
    out: (text) => stdout += text,
    err: (text) => stderr += text,
    startApp: () => Promise.reject(new Error("It was started")),
    prepareFolder: () => Promise.reject(new Error("A folder was made")),
  });
  return { status, stdout, stderr };
}

/** What the start fails with. */
async function startError(text: string): Promise<string> {
  const parts = { logger: new RecordedLog(), metrics: NO_METRICS };
  const open = async () => await (await openDoors(configOf(text), parts)).close();
  return (await assertRejects(open, Error)).message;
}

/** It fails, with the sentences that the start has for them. */
async function assertSame(text: string, folder: TempFolder): Promise<string> {
  const { status, stdout, stderr } = await check(text, folder);
  assertEquals([status, stdout], [1, ""]);
  assertEquals(stderr, `configuration error: 1 problem\n  ${await startError(text)}\n`);
  return stderr;
}

function htpasswd(path: string): string {
  return `${BASE}auth: {htpasswd: {realm: r, path: ${path}}}\n`;
}

Deno.test("check-config tells that a missing htpasswd will be made, and makes none", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("made/users");
  const { status, stderr } = await check(htpasswd(path), folder);
  const note =
    `${path} is missing: it will be made, with the user docker and a password in the log`;
  assertEquals([status, stderr], [0, `warning: ${note}\n`]);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["config.yml"]);
});

Deno.test("check-config reads the htpasswd as the start does, line by line", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("users");
  await Deno.writeTextFile(path, `alice:${HASH}\n`);
  assertEquals((await check(htpasswd(path), folder)).stderr, "");
  await Deno.writeTextFile(path, `alice:${HASH}\nbob:CANARY\n`);
  const told = await assertSame(htpasswd(path), folder);
  assertStringIncludes(told, `${path}:2: "bob" has a plain password`);
  assertEquals(told.includes("CANARY"), false);
  await Deno.writeFile(path, Uint8Array.of(0xff));
  await assertSame(htpasswd(path), folder);
  await Deno.remove(path);
  await Deno.mkdir(path);
  assertStringIncludes(await assertSame(htpasswd(path), folder), "it is a folder");
});

// root may read everything
if (Deno.uid() !== 0) {
  Deno.test("check-config tells of an htpasswd that may not be read", async () => {
    await using folder = await TempFolder.make();
    const path = folder.at("users");
    await Deno.writeTextFile(path, "", { mode: 0o200 });
    assertStringIncludes(await assertSame(htpasswd(path), folder), "no permission");
  });
}

toolTest({ tools: ["openssl"] }, "check-config reads the files of http.tls", async () => {
  await using authority = await Certificates.make();
  const { folder, root } = authority;
  const { certificate, key } = await authority.issue("server");
  const tls = (options: string) => `${BASE}http: {tls: {${options}}}\n`;
  const good = `certificate: ${certificate}, key: ${key}`;
  assertEquals((await check(tls(good), folder)).stderr, "");
  const missing = folder.at("missing.pem");
  const files = [
    `certificate: ${missing}, key: ${key}`,
    `certificate: ${certificate}, key: ${root.key}`,
    `certificate: ${certificate}, key: ${folder.path}`,
    `${good}, clientcas: [${root.certificate}, ${key}]`,
    `${good}, ciphersuites: [TLS_NONE]`,
  ];
  for (const each of files) await assertSame(tls(each), folder);
  const warned = await check(
    tls(`${good}, minimumtls: tls1.3, ciphersuites: [TLS_AES_128_GCM_SHA256]`),
    folder,
  );
  assertEquals(warned.status, 0);
  assertStringIncludes(warned.stderr, "warning: http.tls.ciphersuites has no effect");
});

toolTest({ tools: ["openssl"] }, "check-config reads the keys of auth.token", async () => {
  await using authority = await Certificates.make();
  const { folder, root } = authority;
  const token = (files: string) =>
    `${BASE}auth: {token: {realm: "http://a", service: s, issuer: i, ${files}}}\n`;
  const bundle = `rootcertbundle: ${root.certificate}`;
  assertEquals((await check(token(bundle), folder)).stderr, "");
  const jwks = folder.at("jwks.json");
  await Deno.writeTextFile(jwks, "{}");
  for (
    const files of [
      `rootcertbundle: ${root.key}`,
      `${bundle}, jwks: ${jwks}`,
      `jwks: ${folder.at("none")}`,
    ]
  ) {
    await assertSame(token(files), folder);
  }
});

toolTest({ tools: ["openssl"] }, "check-config tells of all files at once", async () => {
  await using authority = await Certificates.make();
  const { folder } = authority;
  const { certificate } = await authority.issue("server");
  const text = `${
    htpasswd(folder.path)
  }http: {tls: {certificate: ${certificate}, key: ${folder.path}}}\n`;
  const { status, stderr } = await check(text, folder);
  assertEquals(status, 1);
  assertStringIncludes(stderr, "configuration error: 2 problems\n");
});
