import { freePort, Process } from "../../support/process.ts";
import { TempFolder } from "../../support/temp_folder.ts";
import type { Setup } from "./exchange.ts";

/**
 * Runs `use` with the port of a registry in a setup.
 * @param command up to the configuration file
 */
export async function withServer(
  command: readonly string[],
  setup: Setup,
  use: (port: number) => Promise<void>,
): Promise<void> {
  await using folder = await TempFolder.make();
  const port = freePort();
  const config = folder.at("config.json");
  await Deno.writeTextFile(config, JSON.stringify(configOf(setup, port, folder)));
  await Deno.writeTextFile(folder.at("htpasswd"), "");
  await using process = Process.start({
    command: [...command, config],
    env: { OTEL_TRACES_EXPORTER: "none" },
  });
  await process.until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`); // needs no credentials
    await response.body?.cancel();
    return response.ok;
  });
  await use(port);
}

/** JSON, which is YAML too. */
function configOf(setup: Setup, port: number, folder: TempFolder): unknown {
  const htpasswd = { realm: "basic-realm", path: folder.at("htpasswd") };
  return {
    version: "0.1",
    storage: {
      filesystem: { rootdirectory: folder.at("data") },
      delete: { enabled: setup !== "no deletes" },
      ...(setup === "read-only" && { maintenance: { readonly: { enabled: true } } }),
    },
    http: { addr: `127.0.0.1:${port}`, secret: "of-the-tests" },
    ...(setup === "htpasswd" && { auth: { htpasswd } }),
  };
}
