/**
 * Who may import whom: the table of the design as data, and a check of a module graph against it. Pure; check_imports.ts feeds it.
 */

/** What a folder of src (or `main`, `app`) may import. An entry with a slash names one file instead of a whole folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli"],
  cli: ["app", "app_doors", "running_app", "config", "gc", "registry", "storage", "auth", "oci"],
  app: [
    "app_cache",
    "app_doors",
    "app_http",
    "app_logs",
    "app_watch",
    "api",
    "auth",
    "config",
    "debug",
    "gc",
    "health",
    "http",
    "log",
    "metrics",
    "notifications",
    "oci",
    "proxy",
    "registry",
    "running_app",
    "storage",
    "watch",
  ],
  app_cache: ["api", "config", "gc", "log", "oci", "proxy", "registry", "storage"],
  app_doors: ["api", "auth", "config", "http", "log", "metrics", "running_app"],
  app_http: ["api", "app_logs", "auth", "config", "health", "http", "log", "metrics", "registry"],
  app_logs: ["config", "http", "log"],
  app_watch: ["config", "debug", "health", "log", "metrics", "storage"],
  running_app: ["config", "http"],
  api: ["http", "registry/registry.ts", "auth/access_controller.ts", "health/health.ts", "oci"],
  proxy: ["registry/registry.ts", "oci"],
  notifications: ["registry/registry.ts", "oci"],
  gc: ["registry", "storage/driver.ts", "oci"],
  registry: ["storage/driver.ts", "oci"],
  auth: ["oci", "watch", "config/signing_algorithms.ts"],
  http: ["oci", "watch", "config/nearest.ts"],
  debug: ["http", "health", "oci"],
  health: [],
  watch: [],
  oci: [],
  storage: [],
  config: [],
  async: [],
  log: [],
  metrics: [],
};

/** Leaves that every folder may import. */
const FOR_ALL: readonly string[] = ["async"];

/** Visible to all, but as types only: instances are passed in. */
const TYPES_FOR_ALL: readonly string[] = ["log", "metrics"];

/** Single imports that the table doesn't allow, each with the reason why it is right all the same. */
const IMPORT_EXCEPTIONS: readonly { from: string; to: string; because: string }[] = [
  {
    from: "src/cli",
    to: "src/http",
    because: "serve opens the listener that the handler of app.ts answers",
  },
  { from: "src/cli", to: "src/log", because: "serve builds the logger that everything is given" },
];

const HTTP_PARTS: readonly string[] = [
  "connection",
  "node_exchange",
  "pump",
  "request_body",
  "request_shape",
  "transmission",
  "unread_body",
];

const TLS_PARTS: readonly string[] = ["back_pressure", "handshakes", "tls"];

interface RuntimeRule {
  readonly path: string;
  readonly only?: readonly string[];
  readonly types?: readonly string[];
  readonly because?: string;
}

/**
 * Files (or folders, ending in "/") that may name `Deno` or import `node:*`; `only` narrows it to these, `types` to
 * these as types. Those that the design doesn't name carry their reason.
 */
const RUNTIME_ALLOWED: readonly RuntimeRule[] = [
  { path: "main.ts" },
  { path: "src/cli/" },
  { path: "src/app.ts" },
  { path: "src/app_logs.ts", only: ["Deno"], because: "the part of app.ts that opens the logs" },
  { path: "src/config/load.ts" },
  { path: "src/http/listener.ts" },
  { path: "src/storage/filesystem.ts" },
  { path: "src/storage/durable_file.ts" },
  { path: "src/storage/store_worker.ts" },
  { path: "src/proxy/upstream_client.ts" },
  {
    path: "src/proxy/client_files.ts",
    only: ["Deno"],
    because: "a part of upstream_client.ts, which reads its certificates at the start",
  },
  {
    path: "src/proxy/helper_process.ts",
    only: ["Deno"],
    because: "runs credential helpers, apart from what they answer",
  },
  {
    path: "src/proxy/inner_addresses.ts",
    only: ["node:net"],
    because: "the only list of address ranges that there is",
  },
  {
    path: "src/proxy/resolve_host.ts",
    only: ["node:dns/promises"],
    because: "asks the system for the addresses of a name, so that tests can answer for it",
  },
  {
    path: "src/health/probes.ts",
    only: ["Deno", "node:net"],
    because: "how health checks touch files and ports, apart from when and how often",
  },
  {
    path: "src/watch/watched_files.ts",
    only: ["Deno"],
    because: "the one reader of htpasswd, certificates and keys, which looks whether they change",
  },
  {
    path: "src/metrics/event_loop_lag.ts",
    only: ["Deno"],
    because: "its timer must not keep the process alive",
  },
  {
    path: "src/metrics/process_families.ts",
    only: ["Deno", "node:process"],
    because: "asks the system about the process",
  },
  {
    path: "src/auth/htpasswd/default_user.ts",
    only: ["Deno"],
    because: "makes the htpasswd file that is missing, as distribution does",
  },
  ...["key_id", "pem_bundle", "verification_key", "x509_chain"].map((part) => ({
    path: `src/auth/token/${part}.ts`,
    only: ["node:crypto"],
    because: "certificates and keys of tokens, which Web Crypto cannot read",
  })),
  {
    path: "src/auth/token/token_keys.ts",
    types: ["node:crypto"],
    because: "hands the certificates of the bundle to x509_chain.ts",
  },
  {
    path: "src/auth/token/token_controller.ts",
    only: ["node:crypto"],
    because: "the only hash that answers at once, which every request with a token needs",
  },
  ...HTTP_PARTS.map((part) => ({
    path: `src/http/${part}.ts`,
    types: ["node:http", "node:net"],
    because: "a part of the listener, which hands it what node:http gave",
  })),
  ...TLS_PARTS.map((part) => ({
    path: `src/http/tls/${part}.ts`,
    types: ["node:https", "node:net", "node:tls"],
    because: "a part of the listener, which hands it what node:https gave",
  })),
  ...["certificate_files", "client_judge"].map((part) => ({
    path: `src/http/tls/${part}.ts`,
    only: ["node:crypto"],
    types: ["node:tls"],
    because: "the one reader of X.509 that there is",
  })),
  {
    path: "src/http/accepting.ts",
    only: ["node:net"],
    types: ["node:http"],
    because: "a part of the listener, which keeps it listening",
  },
  {
    path: "src/http/connection_limits.ts",
    only: ["Deno"],
    because: "a part of the listener, which asks the system how many files it may open",
  },
  {
    path: "src/http/unix_socket.ts",
    only: ["Deno"],
    because: "a part of the listener, which makes way for its socket",
  },
  {
    path: "src/storage/native_read_files.ts",
    only: ["Deno"],
    because: "where readers meet the system, so that tests can put faults in their way",
  },
  {
    path: "src/storage/blocking_tree_files.ts",
    only: ["Deno"],
    because: "the same for changes of the tree, in the tree worker",
  },
  {
    path: "src/storage/store_files.ts",
    only: ["Deno"],
    because: "the files that a store worker writes, apart from its messages",
  },
  {
    path: "src/proxy/relay_hash.ts",
    only: ["node:crypto"],
    because: "the incremental hash of what a full disk does not take",
  },
  {
    path: "src/storage/free_space.ts",
    only: ["node:fs/promises"],
    because: "asks the file system for its room",
  },
  {
    path: "src/storage/hashes.ts",
    only: ["node:crypto"],
    because: "the only incremental hash there is; used by both drivers",
  },
];

/** One module of the graph; paths are relative to the repository's root, others (npm:, node:) as they are. */
export interface Module {
  readonly path: string;
  readonly imports: readonly { readonly to: string; readonly typeOnly: boolean }[];
  /** The source text, to find uses of the `Deno` global. */
  readonly source: string;
}

/** @returns one sentence per violation, empty when all imports point the right way */
export function findViolations(modules: readonly Module[]): string[] {
  return [
    ...modules.flatMap(directionViolations),
    ...modules.flatMap(runtimeViolations),
    ...findCycles(modules),
  ];
}

/** "src/oci/digest.ts" -> "oci", "src/app.ts" -> "app", "main.ts" -> "main"; undefined for what isn't ours. */
function folderOf(path: string): string | undefined {
  const match = path.match(/^(?:src\/)?([^/:]+)(?:\/.*|\.ts)$/);
  return path.startsWith("src/") || path === "main.ts" ? match?.[1] : undefined;
}

function directionViolations(module: Module): string[] {
  const from = folderOf(module.path);
  if (from === undefined) return [];
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return [`${module.path}: the folder ${from} is not in the table`];
  const found: string[] = [];
  for (const { to, typeOnly } of module.imports) {
    const target = folderOf(to);
    if (target === undefined || target === from || FOR_ALL.includes(target)) continue;
    if (typeOnly && TYPES_FOR_ALL.includes(target)) continue;
    if (allowed.includes(target) || allowed.includes(to.replace("src/", ""))) continue;
    if (isException(module.path, to)) continue;
    const how = TYPES_FOR_ALL.includes(target) ? " other than as a type" : "";
    found.push(`${module.path}: ${from} must not import ${to}${how}`);
  }
  return found;
}

function isException(from: string, to: string): boolean {
  const covers = (rule: string, path: string) => path === rule || path.startsWith(`${rule}/`);
  return IMPORT_EXCEPTIONS.some((rule) => covers(rule.from, from) && covers(rule.to, to));
}

function runtimeViolations(module: Module): string[] {
  if (folderOf(module.path) === undefined) return [];
  const rule = RUNTIME_ALLOWED.find(({ path }) =>
    path.endsWith("/") ? module.path.startsWith(path) : module.path === path
  );
  if (rule !== undefined && rule.only === undefined && rule.types === undefined) return [];
  const found = module.imports
    .filter(({ to }) => to.startsWith("node:") && !rule?.only?.includes(to))
    .filter(({ to, typeOnly }) => !(typeOnly && rule?.types?.includes(to)))
    .map(({ to }) => `${module.path}: must not import ${to}`);
  if (usesDeno(module.source) && !rule?.only?.includes("Deno")) {
    found.push(`${module.path}: must not use the Deno global`);
  }
  return found;
}

/** Whether the text names the `Deno` global outside comments and plain strings. */
export function usesDeno(source: string): boolean {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\bDeno\b/g;
  return source.match(tokens)?.includes("Deno") ?? false;
}

/** @returns one sentence per group of files that import each other in a ring; type imports count */
function findCycles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const found: string[] = [];
  const visit = (path: string) => {
    const module = byPath.get(path);
    if (module === undefined || state.get(path) === "done") return;
    if (state.get(path) === "open") {
      const ring = trail.slice(trail.indexOf(path));
      found.push(`cycle: ${[...ring, path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    trail.push(path);
    for (const { to } of module.imports) visit(to);
    trail.pop();
    state.set(path, "done");
  };
  for (const { path } of modules) visit(path);
  return found;
}
