import type { Config } from "../config/config.ts";
import { suggestion } from "../config/nearest.ts";
import {
  certificatesIn,
  type ClientRequest,
  type ClientSetup,
  renderSetup,
} from "./client_config/client_file.ts";
import { containerdSetup } from "./client_config/containerd.ts";
import { dockerSetup } from "./client_config/docker.ts";
import { endpointOf } from "./client_config/endpoint.ts";
import { kubernetesSetup } from "./client_config/kubernetes.ts";
import { namedUpstreams } from "./client_config/named_upstream.ts";
import { podmanSetup } from "./client_config/podman.ts";
import type { Command } from "./command.ts";
import { loadConfigured } from "./config_source.ts";
import { EXIT } from "./exit_code.ts";
import { type Flags, readFlags, UsageError } from "./flags.ts";
import { usage } from "./help.ts";
import type { System } from "./system.ts";

const CLIENTS: ReadonlyMap<string, (request: ClientRequest) => ClientSetup> = new Map([
  ["docker", dockerSetup],
  ["containerd", containerdSetup],
  ["podman", podmanSetup],
  ["kubernetes", kubernetesSetup],
]);

export const CLIENT_CONFIG: Command = {
  name: "client-config",
  summary: "print the files that make a client pull through the cache",
  takes: "docker|containerd|podman|kubernetes [flags]",
  flags: {
    ca: "a PEM file with the CA of the registry's certificate, for clients that do not trust it",
    host: "HOST:PORT by which clients reach the registry; by default http.host, else http.addr",
    config: "take the configuration from this file, not from where serve looks",
  },
  readsArguments: true,
  about:
    "Prints each file below a line with its path, for the upstreams of the configuration. Changes nothing.\n" +
    "podman's file is also that of buildah, skopeo and CRI-O.\n",

  async run({ positional }, system) {
    try {
      const flags = readFlags(positional, ["ca", "host", "config"]);
      if (flags.has("help")) {
        system.out(usage(system.program, CLIENT_CONFIG));
        return EXIT.OK;
      }
      const client = clientOf(flags);
      const config = await loadConfigured(flags.text("config"), system);
      const given = { host: flags.text("host"), ca: flags.text("ca") };
      system.out(await clientConfig(client, config, given, system));
      return EXIT.OK;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isUsage = error instanceof UsageError;
      const more = isUsage ? `\n${usage(system.program, CLIENT_CONFIG)}` : "";
      system.err(`${message}\n${more}`);
      return isUsage ? EXIT.USAGE : EXIT.FAILURE;
    }
  },
};

function clientOf({ positional: [client, ...others] }: Flags): string {
  const names = [...CLIENTS.keys()];
  if (client === undefined) throw new UsageError(`Expected a client: ${names.join(", ")}`);
  if (others.length > 0) throw new UsageError(`Expected one client, found ${others.length + 1}`);
  if (CLIENTS.has(client)) return client;
  throw new UsageError(`Unknown client ${client}${suggestion(client, names)}`);
}

/** The text that is printed. @param given what the command line says @throws Error with a sentence */
export async function clientConfig(
  client: string,
  { proxy, http, auth }: Config,
  given: { readonly host: string | undefined; readonly ca: string | undefined },
  system: Pick<System, "readTextFile">,
): Promise<string> {
  if (proxy === undefined) {
    throw new Error(
      "Cannot configure a client: this registry is no cache. Set proxy.remoteurl or proxy.upstreams",
    );
  }
  const setup = CLIENTS.get(client);
  if (setup === undefined) throw new UsageError(`Unknown client ${client}`);
  const endpoint = endpointOf(http, given.host);
  if (given.ca !== undefined && !endpoint.secure) {
    throw new Error(
      "Cannot use --ca: the registry speaks plain HTTP. Set http.tls, or leave --ca out",
    );
  }
  const ca = given.ca === undefined ? undefined : await readCa(given.ca, system);
  const upstreams = namedUpstreams(proxy);
  return renderSetup(setup({ endpoint, upstreams, ca, hasUsers: auth.kind !== "none" }));
}

async function readCa(path: string, system: Pick<System, "readTextFile">): Promise<string> {
  const text = await system.readTextFile(path).catch((error) => {
    throw new Error(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  });
  if (text === undefined) throw new Error(`Cannot read ${path}: there is no such file`);
  return certificatesIn(text, path);
}
