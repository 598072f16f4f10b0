import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Certbot } from "../support/certbot.ts";
import { attempt, run } from "../support/process.ts";
import { ServedConfig } from "../support/served_config.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toolTest } from "../support/tools.ts";

/** Use case 14: certbot renews the certificate, and nobody restarts the registry. */

const tools = ["openssl", "curl"];

/** How long a renewal may take to show, in milliseconds. */
const LIMIT = 30_000;

function start(folder: TempFolder, certbot: Certbot): Promise<ServedConfig> {
  return ServedConfig.start(folder, {
    scheme: "https",
    config: ({ port }) =>
      `\
version: 0.1
storage:
  filesystem:
    rootdirectory: ${folder.at("data")}
http:
  addr: 127.0.0.1:${port}
  tls:
    certificate: ${certbot.certificate}
    key: ${certbot.key}
`,
  });
}

/** What a new connection is shown: `subject=CN = renewal 2`. */
async function subjectShown(berth: ServedConfig): Promise<string> {
  const address = ["-connect", `127.0.0.1:${berth.port}`];
  const { stdout } = await attempt(["openssl", "s_client", ...address], { limit: 10_000 });
  return stdout.match(/^subject=.*$/m)?.[0] ?? "";
}

function untilShown(berth: ServedConfig, certbot: Certbot): Promise<void> {
  const isShown = async () => (await subjectShown(berth)).includes(certbot.subject);
  return berth.process.until(isShown, { limit: LIMIT });
}

toolTest({ tools }, "use case 14: new connections see a renewed certificate", async () => {
  await using folder = await TempFolder.make();
  await using certbot = await Certbot.start("registry.example.com");
  await using berth = await start(folder, certbot);
  assertStringIncludes(await subjectShown(berth), "renewal 1");
  for (let renewal = 2; renewal <= 4; renewal++) {
    await certbot.renew();
    assertEquals(certbot.subject, `renewal ${renewal}`);
    await untilShown(berth, certbot);
  }
  assertEquals(berth.process.exited, undefined);
});

toolTest({ tools }, "use case 14: no request fails while the certificate is renewed", async () => {
  await using folder = await TempFolder.make();
  await using certbot = await Certbot.start("registry.example.com");
  await using berth = await start(folder, certbot);
  const ask = ["curl", "-sS", "--cacert", certbot.authority, `${berth.url}/v2/`];
  let isRenewed = false;
  let asked = 0;
  const asking = (async () => {
    for (; !isRenewed; asked++) assertEquals((await run(ask)).stdout, "{}");
  })();
  try {
    await certbot.renew();
    await untilShown(berth, certbot);
  } finally {
    isRenewed = true;
    await asking;
  }
  assert(asked > 0);
});

toolTest({ tools }, "use case 14: half a renewal leaves the old certificate in force", async () => {
  await using folder = await TempFolder.make();
  await using certbot = await Certbot.start("registry.example.com");
  await using berth = await start(folder, certbot);
  const [whole, before] = [await Deno.readTextFile(certbot.certificate), certbot.subject];
  await Deno.writeTextFile(certbot.certificate, whole.slice(0, whole.length / 2));
  const told = () => Promise.resolve(berth.process.stderr.includes("fullchain.pem"));
  await berth.process.until(told, { limit: LIMIT });
  assertStringIncludes(await subjectShown(berth), before);
  await certbot.renew();
  await untilShown(berth, certbot);
});
