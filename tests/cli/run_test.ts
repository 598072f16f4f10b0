import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../../src/cli/run.ts";
import { FakeSystem } from "./fake_system.ts";

const CONFIG = "version: 0.1\nstorage: inmemory\nhttp: {addr: ':5001'}\n";

Deno.test("without arguments the usage goes to stderr, and it is no failure", async () => {
  const system = new FakeSystem({ program: "registry" });
  assertEquals(await run([], system), 0);
  assertEquals(system.stdout, "");
  assertStringIncludes(system.stderr, "Usage:\n  registry <command> [flags]\n");
});

for (const argument of ["help", "--help", "-h"]) {
  Deno.test(`${argument} prints the usage to stdout`, async () => {
    const system = new FakeSystem();
    assertEquals(await run([argument], system), 0);
    assertStringIncludes(system.stdout, "Usage:\n  berth <command> [flags]\n");
    for (const command of ["serve [config]", "check-config [config]", "version", "help"]) {
      assertStringIncludes(system.stdout, `  ${command} `);
    }
    assertEquals(system.stderr, "");
  });
}

for (const argument of ["version", "--version", "-v"]) {
  Deno.test(`${argument} prints program, version and runtime`, async () => {
    const system = new FakeSystem({ program: "registry" });
    assertEquals(await run([argument], system), 0);
    assertEquals(system.stdout, "registry 1.2.3 (berth, deno 2.9.6)\n");
  });
}

Deno.test("help about a command prints the same as its --help", async () => {
  const [help, flag] = [new FakeSystem(), new FakeSystem()];
  assertEquals(await run(["help", "check-config"], help), 0);
  assertEquals(await run(["check-config", "--help"], flag), 0);
  assertEquals(help.stdout, flag.stdout);
  assertStringIncludes(help.stdout, "  --strict ");
});

Deno.test("help config prints every option, or those that are asked for", async () => {
  const [all, some] = [new FakeSystem(), new FakeSystem()];
  assertEquals(await run(["help", "config"], all), 0);
  assertEquals(await run(["help", "config", "http.tls"], some), 0);
  assertStringIncludes(all.stdout, "storage.filesystem.rootdirectory");
  assertStringIncludes(some.stdout, "http.tls.certificate");
  assertEquals(some.stdout.includes("storage.filesystem.rootdirectory"), false);
});

/** What is not understood: the arguments, the status, and a part of what is said. */
const MISTAKES: readonly (readonly [string[], number, string])[] = [
  [["serv"], 2, "Unknown command serv, did you mean serve?\nRun 'berth help' for usage.\n"],
  [["foo"], 2, "Unknown command foo\n"],
  [["--verison"], 2, "Unknown flag --verison, did you mean --version?\n"],
  [["serve", "--foo"], 2, "Unknown flag --foo\n\nUsage:\n  berth serve [config] [flags]\n"],
  [["check-config", "--strcit"], 2, "Unknown flag --strcit, did you mean --strict?\n"],
  [["serve", "-x"], 2, "Unknown flag -x\n"],
  [["help", "serv"], 2, "There is no help about serv, did you mean serve?\n"],
  [
    ["garbage-collect", "x.yml"],
    1,
    "Cannot run garbage-collect: it is not built into berth yet.\n",
  ],
  [["htpasswd"], 2, "Expected FILE USER after the flags, found 0 arguments\n\nUsage:\n"],
  [["verify"], 1, "Cannot run verify: it is not built into berth yet.\n"],
];

for (const [args, status, said] of MISTAKES) {
  Deno.test(`${args.join(" ")} ends with ${status}`, async () => {
    const system = new FakeSystem();
    assertEquals(await run(args, system), status);
    assertStringIncludes(system.stderr, said);
    assertEquals(system.stdout, "");
    assertEquals(system.started, undefined);
  });
}

/** The forms in which images and guides start a registry. */
const SERVING: readonly (readonly [string[], Record<string, string>])[] = [
  [["serve", "/x/config.yml"], {}],
  [["/x/config.yml"], {}],
  [["/x/config.yaml"], {}],
  [["/x/config"], {}],
  [["serve"], { REGISTRY_CONFIGURATION_PATH: "/x/config.yml" }],
  [["serve", "/x/config.yml"], { REGISTRY_CONFIGURATION_PATH: "/y" }],
];

for (const [args, environment] of SERVING) {
  const variables = Object.entries(environment).map((pair) => pair.join("="));
  Deno.test(`${[...variables, "registry", ...args].join(" ")} serves that file`, async () => {
    const files = { "/x/config.yml": CONFIG, "/x/config.yaml": CONFIG, "/x/config": CONFIG };
    const system = new FakeSystem({ program: "registry", environment, files });
    const status = run(args, system);
    await system.running;
    assertEquals(system.started?.http.addr, ":5001");
    system.signal("SIGTERM");
    assertEquals(await status, 0);
  });
}
