import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { GUARD_TOOLS, GuardedRegistry, passwordOf } from "../support/guarded_registry.ts";
import { attempt, run } from "../support/process.ts";
import { startBerth } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { requireTool, toolTest } from "../support/tools.ts";

/** The suite's source lies beside the repository; its SOURCE.md says how to run it. */
const suite = fromFileUrl(new URL("../../../shared/oci-conformance", import.meta.url));

/** Everything that it can check. */
const EVERYTHING_ON = {
  OCI_VERSION: "dev",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_DATA_SPARSE: "true",
};

/** Its sparse cases push manifests whose parts are missing. */
const VALIDATION = "validation:\n  manifests:\n    references: none";

/** Fewer would mean that a switch above has been lost. */
const LEAST_TESTS = 1_000;

for (const driver of ["filesystem", "inmemory"] as const) {
  toolTest(
    { tools: ["go"], paths: [suite] },
    `the OCI suite passes whole on the ${driver} driver`,
    async () => {
      await using berth = await startBerth({ driver, extraConfig: VALIDATION });
      await runSuite({ OCI_TLS: "disabled", OCI_REGISTRY: berth.host });
    },
  );
}

toolTest(
  { tools: ["go", ...GUARD_TOOLS], paths: [suite] },
  "the OCI suite passes whole over TLS, as a user of htpasswd",
  async () => {
    await using guarded = await GuardedRegistry.start({ extraConfig: VALIDATION });
    await runSuite({
      ...{ OCI_TLS: "enabled", OCI_REGISTRY: guarded.host, SSL_CERT_FILE: guarded.authority },
      ...{ OCI_USERNAME: "alice", OCI_PASSWORD: passwordOf("alice") },
    });
  },
);

/** Builds the suite, runs it, and expects that everything passes and nothing is left out. */
async function runSuite(settings: Readonly<Record<string, string>>): Promise<void> {
  await using folder = await TempFolder.make();
  const program = folder.at("conformance");
  await run([requireTool("go"), "build", "-buildvcs=false", "-o", program, "."], { cwd: suite });
  const env = { ...EVERYTHING_ON, ...settings };
  const { stderr } = await attempt([program], { cwd: folder.path, env });
  const report = await Deno.readTextFile(folder.at("results", "junit.xml")).catch(() => {
    throw new Error(`Cannot read the results of the suite: ${stderr.slice(0, 2_000)}`);
  });
  const { tests, failures, skipped } = readTotals(report);
  assertEquals([...unhappyCases(report)], []);
  assertEquals({ failures, skipped }, { failures: 0, skipped: 0 });
  assert(tests >= LEAST_TESTS, `the suite ran only ${tests} tests`);
}

/** Attributes of `<testsuites>`; the suite leaves out those that are 0. */
function readTotals(report: string): { tests: number; failures: number; skipped: number } {
  const root = report.match(/<testsuites [^>]*>/)?.[0] ?? "";
  const count = (name: string) => Number(root.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0);
  return { tests: count("tests"), failures: count("failures"), skipped: count("skipped") };
}

/** Names of the cases that did not pass. */
function* unhappyCases(report: string): Generator<string> {
  for (const [, name, status] of report.matchAll(/<testcase name="([^"]*)"[^>]*status="(\w+)"/g)) {
    if (status !== "passed") yield `${status}: ${name}`;
  }
}
