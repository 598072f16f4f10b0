/**
 * Makes the program as one file, then starts it and pushes and pulls an image with it.
 *
 * deno task compile                     dist/berth by this Deno's own `deno compile`, which downloads denort of its version
 * deno task compile --denort-from-npm   for smoke tests where that download cannot be had: see build/npm_denort.ts
 * deno task compile --output FILE       somewhere else than dist/berth
 */
import { parseArgs } from "@std/cli/parse-args";
import { dirname, fromFileUrl, resolve } from "@std/path";
import { compile } from "./build/compile.ts";
import { withNpmDenort } from "./build/npm_denort.ts";
import { smoke } from "./build/smoke.ts";

const args = parseArgs(Deno.args, { boolean: ["denort-from-npm"], string: ["output"] });
const root = fromFileUrl(new URL("..", import.meta.url));
const output = resolve(typeof args.output === "string" ? args.output : `${root}/dist/berth`);

await Deno.mkdir(dirname(output), { recursive: true });
if (args["denort-from-npm"] === true) {
  await withNpmDenort((toolchain) => compile(root, output, toolchain));
  console.log(`${output}: for smoke tests only, never to be released (an old runtime from npm)`);
} else {
  await compile(root, output, { deno: Deno.execPath() });
  console.log(output);
}
await smoke(output);
console.log("It starts, and an image that was pushed to it is pulled unchanged.");
