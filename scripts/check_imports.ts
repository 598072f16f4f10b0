/**
 * Fails when a file imports what the design does not let it see (import_rules.ts has the rules).
 *
 * deno run -A scripts/check_imports.ts [root of the repository]
 */
import { fromFileUrl, join, relative, resolve } from "@std/path";
import { findViolations, type Module } from "./import_rules.ts";

/** The part of `deno info --json` that is used here. */
interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** Reads the module graph of main.ts and of every file under src, reached from main.ts or not. */
export async function readModules(root: string): Promise<Module[]> {
  const files = await sourceFiles(root);
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(`file://${join(root, file)}`)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const info = await denoInfo(root, entry);
    return await Promise.all(files.map((file) => toModule(root, file, info)));
  } finally {
    await Deno.remove(entry);
  }
}

async function sourceFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(join(root, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (path.endsWith(".ts") && !path.endsWith(".d.ts")) found.push(path);
    }
  };
  await walk("src");
  const hasMain = await Deno.stat(join(root, "main.ts")).then(() => true, () => false);
  return [...(hasMain ? ["main.ts"] : []), ...found.sort()];
}

async function denoInfo(root: string, entry: string): Promise<DenoInfo> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", "--config", join(root, "deno.json"), entry],
    cwd: root,
  }).output();
  if (!success) throw new Error(`Cannot read the imports: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function toModule(root: string, path: string, info: DenoInfo): Promise<Module> {
  const url = `file://${join(root, path)}`;
  const node = info.modules.find(({ specifier }) => specifier === url);
  if (node === undefined || node.error !== undefined) {
    throw new Error(`Cannot read the imports of ${path}: ${node?.error ?? "not in the graph"}`);
  }
  const imports = (node.dependencies ?? []).map(({ specifier, code, type }) => {
    const target = code?.specifier ?? type?.specifier ?? specifier;
    const to = target.startsWith("file:") ? relative(root, fromFileUrl(target)) : target;
    return { to, typeOnly: code === undefined };
  });
  return { path, imports, source: await Deno.readTextFile(join(root, path)) };
}

if (import.meta.main) {
  const root = resolve(Deno.args[0] ?? ".");
  const violations = findViolations(await readModules(root));
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) {
    console.error(`${violations.length} imports point the wrong way: see scripts/import_rules.ts`);
    Deno.exit(1);
  }
}
