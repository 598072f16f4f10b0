import { assertEquals } from "@std/assert";
import { findViolations, type Module, usesDeno } from "../../scripts/import_rules.ts";
import { readModules } from "../../scripts/check_imports.ts";
import { join } from "@std/path";

function module(path: string, imports: string[] = [], source = "", types: string[] = []): Module {
  return {
    path,
    source,
    imports: [
      ...imports.map((to) => ({ to, typeOnly: false })),
      ...types.map((to) => ({ to, typeOnly: true })),
    ],
  };
}

Deno.test("findViolations() is empty when every import is in the table", () => {
  const modules = [
    module("main.ts", ["src/cli/run.ts"]),
    module("src/cli/run.ts", ["src/app.ts"], "Deno.exit(1)"),
    module("src/app.ts", ["src/api/router.ts", "src/storage/memory.ts"]),
    module("src/api/router.ts", ["src/oci/digest.ts"], "", ["src/registry/registry.ts"]),
    module("src/storage/memory.ts", ["src/async/mutex.ts"], "", ["src/log/logger.ts"]),
  ];
  assertEquals(findViolations(modules), []);
});

Deno.test("findViolations() names a file that imports a folder it may not see", () => {
  assertEquals(findViolations([module("src/oci/digest.ts", ["src/registry/layout.ts"])]), [
    "src/oci/digest.ts: oci must not import src/registry/layout.ts",
  ]);
});

Deno.test("findViolations() counts a type import", () => {
  assertEquals(findViolations([module("src/http/a.ts", [], "", ["src/api/route.ts"])]), [
    "src/http/a.ts: http must not import src/api/route.ts",
  ]);
});

Deno.test("findViolations() lets api see the seam of the registry and nothing behind it", () => {
  assertEquals(
    findViolations([module("src/api/a.ts", ["src/registry/registry.ts", "src/registry/local.ts"])]),
    ["src/api/a.ts: api must not import src/registry/local.ts"],
  );
});

Deno.test("findViolations() refuses the log as a value and allows it as a type", () => {
  assertEquals(findViolations([module("src/api/a.ts", ["src/log/text.ts"])]), [
    "src/api/a.ts: api must not import src/log/text.ts other than as a type",
  ]);
});

Deno.test("findViolations() names a use of the runtime outside the edge", () => {
  assertEquals(findViolations([module("src/oci/a.ts", ["node:fs"], "await Deno.stat('x')")]), [
    "src/oci/a.ts: must not import node:fs",
    "src/oci/a.ts: must not use the Deno global",
  ]);
});

Deno.test("findViolations() shows a cycle with its files", () => {
  const modules = [
    module("src/oci/a.ts", ["src/oci/b.ts"]),
    module("src/oci/b.ts", [], "", ["src/oci/a.ts"]),
  ];
  assertEquals(findViolations(modules), ["cycle: src/oci/a.ts -> src/oci/b.ts -> src/oci/a.ts"]);
});

Deno.test("findViolations() names a folder that the table forgot", () => {
  assertEquals(findViolations([module("src/utils/a.ts")]), [
    "src/utils/a.ts: the folder utils is not in the table",
  ]);
});

Deno.test("usesDeno() looks past comments and strings", () => {
  assertEquals(usesDeno('// Deno.serve\n/* Deno */ const a = "Deno.serve";'), false);
  assertEquals(usesDeno("const a = Deno.args;"), true);
  assertEquals(usesDeno("`${Deno.pid}`"), true);
});

Deno.test("readModules() finds type imports and files that main.ts does not reach", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(root, "src/oci"), { recursive: true });
    await Deno.writeTextFile(join(root, "deno.json"), "{}");
    await Deno.writeTextFile(join(root, "main.ts"), "");
    await Deno.writeTextFile(join(root, "src/app.ts"), "export type A = 1;");
    await Deno.writeTextFile(
      join(root, "src/oci/lost.ts"),
      'import type { A } from "../app.ts";\nexport type B = A;',
    );
    assertEquals(findViolations(await readModules(root)), [
      "src/oci/lost.ts: oci must not import src/app.ts",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
