import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../../src/cli/run.ts";
import { type FakeOptions, FakeSystem } from "./fake_system.ts";

const CONFIG =
  "version: 0.1\nstorage: inmemory\nhttp: {addr: '127.0.0.1:5001', draintimeout: 7s}\n";

/** Serves a file until it runs. */
async function serving(config: string, options: FakeOptions = {}) {
  const system = new FakeSystem({ ...options, files: { "c.yml": config } });
  const status = run(["serve", "c.yml"], system);
  await system.running;
  return { system, status };
}

async function failing(config: string, options: FakeOptions = {}): Promise<FakeSystem> {
  const system = new FakeSystem({ ...options, files: { "c.yml": config } });
  assertEquals(await run(["serve", "c.yml"], system), 1);
  return system;
}

Deno.test("serve says what is served from where", async () => {
  const { system, status } = await serving(CONFIG);
  assertEquals(
    system.stderr,
    "berth 1.2.3 serves memory only on http://127.0.0.1:5001, configured by c.yml\n",
  );
  system.signal("SIGTERM");
  await status;
});

Deno.test("serve without any file serves the built-in default, and says what to try", async () => {
  const system = new FakeSystem();
  const status = run(["serve"], system);
  await system.running;
  assertEquals(system.started?.storage.driver, {
    name: "filesystem",
    rootdirectory: "./berth-data",
  });
  assertEquals(system.folders, ["./berth-data"]);
  assertEquals(
    system.stderr,
    "berth 1.2.3 serves ./berth-data on http://127.0.0.1:5000, without a configuration file. Try:\n" +
      "  docker tag alpine localhost:5000/alpine\n  docker push localhost:5000/alpine\n",
  );
  system.signal("SIGINT");
  assertEquals(await status, 0);
});

Deno.test("serve takes the first of the system's files that is there", async () => {
  const paths = ["/etc/distribution/config.yml", "/etc/docker/registry/config.yml"];
  for (const [index, path] of paths.entries()) {
    const files = Object.fromEntries(
      paths.slice(index).map((path) => {
        return [path, CONFIG.replace("5001", path === paths[0] ? "5003" : "5002")];
      }),
    );
    const system = new FakeSystem({ files });
    const status = run(["serve"], system);
    await system.running;
    assertStringIncludes(system.stderr, `configured by ${path}\n`);
    assertEquals(system.started?.http.addr, index === 0 ? "127.0.0.1:5003" : "127.0.0.1:5002");
    system.signal("SIGTERM");
    await status;
  }
});

Deno.test("serve --default leaves the system's files alone", async () => {
  const system = new FakeSystem({ files: { "/etc/distribution/config.yml": CONFIG } });
  const status = run(["serve", "--default"], system);
  await system.running;
  assertEquals(system.started?.http.addr, "127.0.0.1:5000");
  system.signal("SIGTERM");
  await status;
});

Deno.test("serve refuses TLS on a runtime that lets in whom it should not", async () => {
  const tls = "version: 0.1\nstorage: inmemory\nhttp: {tls: {certificate: /c, key: /k}}\n";
  const system = new FakeSystem({ files: { "c.yml": tls }, denoVersion: "2.6.10" });
  assertEquals(await run(["serve", "c.yml"], system), 1);
  assertStringIncludes(system.stderr, "error: Cannot serve TLS on Deno 2.6.10: ");
  assertEquals(system.started, undefined);
});

Deno.test("serve prints warnings and starts", async () => {
  const { system, status } = await serving(`${CONFIG}log: {fromatter: text}\n`);
  assertStringIncludes(
    system.stderr,
    "warning: c.yml:4: unknown key log.fromatter, did you mean log.formatter?\n",
  );
  system.signal("SIGTERM");
  assertEquals(await status, 0);
});

Deno.test("serve writes lines of JSON when the log is JSON", async () => {
  const { system, status } = await serving(`${CONFIG}log: {formatter: json}\nfoo: bar\n`);
  system.signal("SIGTERM");
  await status;
  const lines = system.stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ level, time }) => [level, time]), [
    ["warning", "1970-01-01T00:00:00.000Z"],
    ["info", "1970-01-01T00:00:00.000Z"],
    ["info", "1970-01-01T00:00:00.000Z"],
  ]);
});

Deno.test("serve prints every problem of the configuration and starts nothing", async () => {
  const system = await failing("version: 0.1\nstorage: foo\nhttp: {addr: 5000}\nauth: htpasswd\n");
  assertEquals(system.started, undefined);
  assertEquals(system.folders, []);
  assertEquals(system.stderr.split("\n").map((line) => line.split(" ").slice(0, 4).join(" ")), [
    "configuration error: 4 problems",
    "  c.yml:2: storage.foo:",
    "  c.yml:3: http.addr:",
    "  c.yml:4: auth.htpasswd.realm:",
    "  c.yml:4: auth.htpasswd.path:",
    "",
  ]);
});

/** Files that cannot be read, and what is said. */
const UNREADABLE: readonly (readonly [FakeOptions, string[], string])[] = [
  [{}, ["serve", "no.yml"], "Cannot read the configuration no.yml: there is no such file\n"],
  [{}, ["no.yml"], "Cannot read the configuration no.yml: there is no such file\n"],
  [
    { environment: { REGISTRY_CONFIGURATION_PATH: "/no" } },
    ["serve"],
    "Cannot read the configuration /no, which REGISTRY_CONFIGURATION_PATH names: there is no such file\n",
  ],
  [
    { files: { "/etc/distribution/config.yml": new Error("Permission denied") } },
    ["serve"],
    "Cannot read the configuration /etc/distribution/config.yml: Permission denied\n",
  ],
  [
    {},
    ["serve", "a.yml", "--default"],
    "Cannot use a.yml and --default at once: leave one of them out\n",
  ],
];

for (const [options, args, said] of UNREADABLE) {
  Deno.test(`${args.join(" ")} fails: ${said.trimEnd()}`, async () => {
    const system = new FakeSystem(options);
    assertEquals(await run(args, system), 1);
    assertEquals(system.stderr, said);
  });
}

Deno.test("serve ignores what comes after the configuration, as distribution does, and says so", async () => {
  const system = new FakeSystem({ files: { "c.yml": CONFIG } });
  const status = run(["serve", "c.yml", "more"], system);
  await system.running;
  assertStringIncludes(system.stderr, "warning: ignored after the configuration: more\n");
  system.signal("SIGTERM");
  assertEquals(await status, 0);
});

Deno.test("a signal lets transfers finish within draintimeout", async () => {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    const { system, status } = await serving(CONFIG);
    system.signal(signal);
    assertEquals(await status, 0);
    assertEquals(system.stops, [7_000]);
    assertStringIncludes(system.stderr, "stopping: running transfers have 7s to finish\n");
    assertEquals(system.isListening, false);
  }
});

Deno.test("a stop that had to cut transfers is a failure", async () => {
  const { system, status } = await serving(CONFIG, { stop: () => Promise.resolve(false) });
  system.signal("SIGTERM");
  assertEquals(await status, 1);
  assertStringIncludes(system.stderr, "error: stopped before every transfer had finished");
});

Deno.test("a second signal ends at once", async () => {
  const { system, status } = await serving(CONFIG, { stop: () => new Promise(() => {}) });
  system.signal("SIGTERM");
  system.signal("SIGINT");
  assertEquals(await status, 1);
  assertEquals(system.stops, [7_000]);
  assertStringIncludes(system.stderr, "warning: SIGINT again: ending at once\n");
});

Deno.test("a stop that fails is told, and a failure", async () => {
  const { system, status } = await serving(CONFIG, {
    stop: () => Promise.reject(new Error("EIO")),
  });
  system.signal("SIGTERM");
  assertEquals(await status, 1);
  assertStringIncludes(system.stderr, "error: Cannot stop in order: EIO\n");
});

Deno.test("a server that closes by itself is a failure", async () => {
  const { system, status } = await serving(CONFIG);
  system.closeApp();
  assertEquals(await status, 1);
  assertStringIncludes(system.stderr, "error: the server has closed by itself\n");
});

Deno.test("an error that nobody caught is logged, and the server goes on", async () => {
  const { system, status } = await serving(CONFIG);
  system.uncaught(new Error("stray"));
  assertStringIncludes(
    system.stderr,
    "error: an error that nobody caught, the server goes on: Error: stray",
  );
  system.signal("SIGTERM");
  assertEquals(await status, 0);
});

Deno.test("serve says what is weaker on an older runtime", async () => {
  const { system, status } = await serving(CONFIG, { denoVersion: "2.6.10" });
  assertStringIncludes(system.stderr, "warning: Deno 2.6.10 is older than 2.9.6:");
  system.signal("SIGTERM");
  await status;
});

Deno.test("serve fails in one sentence when it cannot start", async () => {
  const startError = Object.assign(new Error("listen EADDRINUSE"), {
    code: "EADDRINUSE",
    syscall: "listen",
  });
  const system = await failing(CONFIG, { startError });
  assertEquals(
    system.stderr,
    "error: Cannot listen on 127.0.0.1:5001: something else does already. Stop it, or set http.addr to another port\n",
  );
  assertEquals(system.isListening, false);
});

Deno.test("serve fails before it opens a port when the folder cannot be used", async () => {
  const folderError = Object.assign(new Error("EROFS"), { code: "EROFS" });
  const system = await failing("version: 0.1\nstorage: {filesystem: {rootdirectory: /d}}\n", {
    folderError,
  });
  assertEquals(system.started, undefined);
  assertStringIncludes(
    system.stderr,
    "error: Cannot use the folder /d: it lies on a read-only file system",
  );
});

Deno.test("serve starts with a folder that cannot be written, and warns", async () => {
  const { system, status } = await serving(
    "version: 0.1\nstorage: {filesystem: {rootdirectory: /d}}\n",
    { isFolderWritable: false },
  );
  assertEquals(system.started?.storage.driver.name, "filesystem");
  assertStringIncludes(
    system.stderr,
    "warning: the folder /d cannot be written: pulls work, pushes and deletes will fail. Give write permission",
  );
  system.signal("SIGTERM");
  await status;
});

Deno.test("serve leaves a folder that is only read as it is", async () => {
  const { system, status } = await serving(
    "version: 0.1\nstorage: {filesystem: , maintenance: {readonly: {enabled: true}}}\n",
  );
  assertEquals(system.folders, []);
  system.signal("SIGTERM");
  await status;
});
