import { fromFileUrl } from "@std/path";
import { compile } from "../../scripts/build/compile.ts";
import { withNpmDenort } from "../../scripts/build/npm_denort.ts";
import { smoke } from "../../scripts/build/smoke.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { inCi, requireTool } from "../support/tools.ts";

Deno.test({
  name: "the compiled program starts, and is pushed to and pulled from",
  ignore: !inCi, // it downloads two packages from npm
  fn: async () => {
    requireTool("npm");
    await using folder = await TempFolder.make();
    const root = fromFileUrl(new URL("../..", import.meta.url));
    const program = folder.at("berth");
    await withNpmDenort((toolchain) => compile(root, program, toolchain));
    await smoke(program);
  },
});
