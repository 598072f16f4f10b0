import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Page } from "playwright-core";
import { readAccessLog } from "../support/access_log.ts";
import { startBrowser } from "../support/browser.ts";
import { basicOf, passwordOf, writeHtpasswd } from "../support/guarded_registry.ts";
import { makeImage } from "../support/images.ts";
import { PageServer } from "../support/page_server.ts";
import { acceptAll, RegistryClient } from "../support/registry_client.ts";
import { ServedConfig } from "../support/served_config.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

/** Use case 7: a web interface on another origin lists and deletes, although the registry has users. */

const tools = ["chromium", "htpasswd", "curl"];
const image = makeImage({ layers: [2_000] });

/** The example of the README of Joxit's docker-registry-ui, with another folder, port, and origin. */
const file = (data: string, port: number, htpasswd: string, origin: string) =>
  `\
version: 0.1
log:
  fields:
    service: registry
storage:
  delete:
    enabled: true
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: ${data}
http:
  addr: :${port}
  headers:
    X-Content-Type-Options: [nosniff]
    Access-Control-Allow-Origin: ['${origin}']
    Access-Control-Allow-Methods: ['HEAD', 'GET', 'OPTIONS', 'DELETE']
    Access-Control-Allow-Headers: ['Authorization', 'Accept', 'Cache-Control']
    Access-Control-Max-Age: [1728000]
    Access-Control-Allow-Credentials: [true]
    Access-Control-Expose-Headers: ['Docker-Content-Digest']
auth:
  htpasswd:
    realm: basic-realm
    path: ${htpasswd}
`;

const RIGHTS = `\
access:
  - {repositories: ["**"], users: [anonymous], actions: [pull]}
  - {repositories: ["**"], users: [alice], actions: [pull, push, delete, catalog]}
`;

async function startRegistry(
  folder: TempFolder,
  origin: string,
  rights = "",
): Promise<ServedConfig> {
  await writeHtpasswd(folder.at("htpasswd"), ["alice"]);
  const served = await ServedConfig.start(folder, {
    config: ({ port }) => file(folder.at("data"), port, folder.at("htpasswd"), origin) + rights,
  });
  try {
    const headers = { authorization: basicOf("alice") };
    await new RegistryClient(served.url, { headers }).pushImage("team/app", image, "v1");
    return served;
  } catch (error) {
    await served[Symbol.asyncDispose]();
    throw error;
  }
}

interface Answer {
  readonly status: number;
  readonly digest: string | null;
  readonly body: string;
}

/** A request by a script of the page, with the credentials that the browser has unless it brings its own. */
function ask(page: Page, method: string, url: string, headers: Record<string, string> = {}) {
  return page.evaluate(async ([method, url, headers]): Promise<Answer> => {
    const credentials = "Authorization" in headers ? "omit" : "include";
    // after a 401 the browser would wait for somebody to type
    const signal = AbortSignal.timeout(30_000);
    const answer = await fetch(url, { method, headers, credentials, signal });
    const digest = answer.headers.get("docker-content-digest");
    return { status: answer.status, digest, body: await answer.text() };
  }, [method, url, headers] as const);
}

/** What the interface does to list a repository and to delete its tag. */
async function listAndDelete(page: Page, url: string, headers: Record<string, string>) {
  const catalog = await ask(page, "GET", `${url}/v2/_catalog?n=1000`, headers);
  assertEquals(JSON.parse(catalog.body), { repositories: ["team/app"] });
  const tags = await ask(page, "GET", `${url}/v2/team/app/tags/list`, headers);
  assertEquals(JSON.parse(tags.body), { name: "team/app", tags: ["v1"] });
  const accept = { ...headers, Accept: acceptAll };
  const manifest = await ask(page, "GET", `${url}/v2/team/app/manifests/v1`, accept);
  assertEquals(manifest.digest, image.manifest.descriptor.digest);
  const path = `${url}/v2/team/app/manifests/${manifest.digest}`;
  assertEquals((await ask(page, "DELETE", path, accept)).status, 202);
  assertEquals((await ask(page, "GET", path, accept)).status, 404);
}

function preflights(berth: ServedConfig): number[] {
  return readAccessLog(berth.process.stdout).filter(({ method }) => method === "OPTIONS")
    .map(({ status }) => status);
}

async function testBrowsersLogin(rights: string): Promise<void> {
  await using folder = await TempFolder.make();
  await using site = new PageServer();
  await using berth = await startRegistry(folder, site.origin, rights);
  await using browser = await startBrowser();
  const page = await browser.newPage();
  // as typed into the window that asks for user and password
  const login = new URL(`${berth.url}/v2/`);
  [login.username, login.password] = ["alice", passwordOf("alice")];
  await page.goto(login.href);
  await page.goto(site.origin);
  await listAndDelete(page, berth.url, {});
  await berth.stop();
  const asked = preflights(berth);
  assert(asked.length > 0, "the browser asked no preflight");
  assertEquals(asked.filter((status) => status !== 200), []);
}

toolTest({ tools }, "use case 7: a page lists and deletes with the browser's login", () => {
  return testBrowsersLogin("");
});

// there docker is offered tokens, which no browser knows of
toolTest({ tools }, "use case 7: with rights, a page does it with the browser's login too", () => {
  return testBrowsersLogin(RIGHTS);
});

toolTest({ tools }, "use case 7: a page lists and deletes with a header of its own", async () => {
  await using folder = await TempFolder.make();
  await using site = new PageServer();
  await using berth = await startRegistry(folder, site.origin);
  await using browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(site.origin);
  await listAndDelete(page, berth.url, { Authorization: basicOf("alice") });
  await berth.stop();
  assert(preflights(berth).length > 0, "the browser asked no preflight");
});

toolTest({ tools }, "use case 7: a page learns that it needs credentials, not more", async () => {
  await using folder = await TempFolder.make();
  await using site = new PageServer();
  await using berth = await startRegistry(folder, site.origin);
  await using browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(site.origin);
  const headers = { Authorization: basicOf("alice", "wrong") };
  const refused = await ask(page, "GET", `${berth.url}/v2/_catalog`, headers);
  assertEquals(refused.status, 401);
  assertEquals(JSON.parse(refused.body).errors[0].code, "UNAUTHORIZED");
});

toolTest({ tools }, "use case 7: a page of an origin that isn't named gets nothing", async () => {
  await using folder = await TempFolder.make();
  await using site = new PageServer();
  await using stranger = new PageServer();
  await using berth = await startRegistry(folder, site.origin);
  await using browser = await startBrowser();
  const page = await browser.newPage();
  await page.goto(stranger.origin);
  const headers = { Authorization: basicOf("alice") };
  await assertRejects(
    () => ask(page, "GET", `${berth.url}/v2/_catalog`, headers),
    Error,
    "Failed to fetch",
  );
  await assertRejects(
    () => ask(page, "DELETE", `${berth.url}/v2/team/app/manifests/v1`, headers),
    Error,
    "Failed to fetch",
  );
  const client = new RegistryClient(berth.url, { headers: { authorization: basicOf("alice") } });
  await client.checkImage("team/app", image, "v1");
});
