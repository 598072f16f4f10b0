import { RegistryProcess } from "../../tests/support/registry_process.ts";
import { berthCommand } from "../../tests/support/server.ts";
import { findTool } from "../../tests/support/tools.ts";
import { peakMemory } from "./memory.ts";

/** A registry that takes part. */
export interface Contestant {
  readonly name: string;
  readonly drivers: readonly ("filesystem" | "inmemory")[];
  /** Whether it serves a tree that distribution wrote. */
  readonly readsTree: boolean;
  start(driver: "filesystem" | "inmemory", root?: string): Promise<Server>;
}

/** A contestant that runs, with the highest memory of it and of its children so far. */
export interface Server extends AsyncDisposable {
  readonly port: number;
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
    start: async (driver, root) => {
      const process = await RegistryProcess.start({
        command,
        driver,
        ...(root === undefined ? {} : { root }),
        log: ["level: error", "accesslog:", "  disabled: true"],
        http: ["secret: of-the-benchmark"],
        pollInterval: 2,
      });
      return serverOf(process);
    },
  };
}

function zotAt(program: string): Contestant {
  return {
    name: "zot",
    drivers: ["filesystem"],
    readsTree: false,
    start: async (_driver, root) => {
      const process = await RegistryProcess.start({
        command: [program, "serve"],
        ...(root === undefined ? {} : { root }),
        pollInterval: 2,
        config: ({ port, root }) =>
          JSON.stringify({
            distSpecVersion: "1.1.1",
            storage: { rootDirectory: root, gc: false },
            http: { address: "127.0.0.1", port: String(port) },
            log: { level: "error" },
          }),
      });
      return serverOf(process);
    },
  };
}

function serverOf(process: RegistryProcess): Server {
  return {
    port: process.port,
    pid: process.pid,
    url: process.url,
    root: process.root,
    peak: () => peakMemory(process.pid),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
