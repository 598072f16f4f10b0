import { type RegistryOptions, RegistryProcess } from "../../tests/support/registry_process.ts";
import { berthCommand } from "../../tests/support/server.ts";
import { findTool } from "../../tests/support/tools.ts";
import { Connection, type Endpoint } from "./connection.ts";
import { peakMemory } from "./memory.ts";
import { distributionHttp, distributionSections, type Setup, zotHttp } from "./setup.ts";

/** A registry that takes part. */
export interface Contestant {
  readonly name: string;
  readonly drivers: readonly ("filesystem" | "inmemory")[];
  /** Whether it serves a tree that distribution wrote. */
  readonly readsTree: boolean;
  start(options?: StartOptions): Promise<Server>;
}

export interface StartOptions {
  /** Default filesystem. */
  readonly driver?: "filesystem" | "inmemory";
  /** An existing storage root; default one of its own. */
  readonly root?: string | undefined;
  readonly setup?: Setup;
}

/** A contestant that runs, with the highest memory of it and of its children so far. */
export interface Server extends Endpoint, AsyncDisposable {
  readonly pid: number;
  readonly url: string;
  readonly root: string;
  /** Bytes. */
  peak(): number;
}

/** Berth and every peer that is installed; the first is berth. */
export function contestants(): Contestant[] {
  const found = [distribution("berth", berthCommand())];
  const registry2 = findTool("docker-registry");
  if (registry2 !== undefined) found.push(distribution("registry 2.8", [registry2, "serve"]));
  const registry3 = findTool("registry");
  if (registry3 !== undefined) found.push(distribution("registry 3", [registry3, "serve"]));
  const zot = findTool("zot");
  if (zot !== undefined) found.push(zotAt(zot));
  return found;
}

/** Whoever reads distribution's configuration; the same settings for all. */
function distribution(name: string, command: readonly string[]): Contestant {
  return {
    name,
    drivers: ["filesystem", "inmemory"],
    readsTree: true,
    start: ({ driver = "filesystem", root, setup = {} } = {}) =>
      startServer({
        command,
        driver,
        ...(root === undefined ? {} : { root }),
        log: ["level: error", "accesslog:", "  disabled: true"],
        http: ["secret: of-the-benchmark", ...distributionHttp(setup)],
        extraConfig: distributionSections(setup),
      }, setup),
  };
}

function zotAt(program: string): Contestant {
  return {
    name: "zot",
    drivers: ["filesystem"],
    readsTree: false,
    start: ({ root, setup = {} } = {}) =>
      startServer({
        command: [program, "serve"],
        ...(root === undefined ? {} : { root }),
        config: ({ port, root }) =>
          JSON.stringify({
            distSpecVersion: "1.1.1",
            storage: { rootDirectory: root, gc: false },
            http: { address: "127.0.0.1", port: String(port), ...zotHttp(setup) },
            log: { level: "error" },
          }),
      }, setup),
  };
}

async function startServer(options: RegistryOptions, setup: Setup): Promise<Server> {
  const authority = setup.certificate === undefined
    ? {}
    : { authority: await Deno.readTextFile(setup.certificate.authority) };
  const expected = setup.htpasswd === undefined ? 200 : 401;
  const process = await RegistryProcess.start({
    ...options,
    pollInterval: 2,
    answers: ({ port }) => answers({ port, ...authority }, expected),
  });
  return {
    port: process.port,
    ...authority,
    pid: process.pid,
    url: setup.certificate === undefined ? process.url : `https://${process.host}`,
    root: process.root,
    peak: () => peakMemory(process.pid),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

async function answers(endpoint: Endpoint, expected: number): Promise<boolean> {
  using connection = new Connection(endpoint);
  await connection.exchange(expected, "GET", "/v2/");
  return true;
}
