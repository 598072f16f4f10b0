import { parseAddress } from "../../config/address.ts";
import type { Config, HttpConfig, ProxyConfig } from "../../config/config.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { type Flags, UsageError } from "../flags.ts";
import { NoPasswordError, obtainPassword } from "../htpasswd_password.ts";
import { type Target, targetOfApp } from "../probe.ts";
import type { System } from "../system.ts";
import { type ImageName, parseImageName, requestOf } from "./image_name.ts";
import { parsePlatforms, type Platforms } from "./platforms.ts";
import { Progress } from "./progress.ts";
import { Pull, type Pulled } from "./pull.ts";
import { oneLine } from "./refusal_text.ts";
import { ServerClient } from "./server_client.ts";
import { jsonText, sizeText } from "./table.ts";
import type { CacheTask } from "./task.ts";

export const PREFETCH: CacheTask = {
  name: "prefetch",
  texts: ["platform", "user"],
  switches: [],

  check(flags) {
    if (flags.positional.length === 0) throw new UsageError("Expected at least one image");
    flags.positional.forEach(parseImageName);
    parsePlatforms(flags.text("platform"), Deno.build.arch);
  },

  async run(flags, config, system) {
    return await prefetch(flags, config, system);
  },
};

type Result =
  | ({ readonly image: string; readonly ok: true } & Pulled)
  | { readonly image: string; readonly ok: false; readonly error: string };

/** @throws Error with a sentence */
export async function prefetch(flags: Flags, config: Config, system: System): Promise<ExitCode> {
  const { proxy, http } = config;
  if (proxy === undefined) {
    throw new Error(
      "Cannot prefetch: this registry is no cache. Set proxy.remoteurl or proxy.upstreams",
    );
  }
  const client = new ServerClient(targetOf(http), await authorizationOf(flags, system));
  const platforms = parsePlatforms(flags.text("platform"), Deno.build.arch);
  const results: Result[] = [];
  for (const image of flags.positional.map(parseImageName)) {
    const result = await fetchOne(image, { client, http, proxy, platforms, system });
    results.push(result);
    if (!result.ok) system.err(`Cannot fetch ${image.text}: ${result.error}\n`);
    else if (!flags.has("json")) {
      const { digest, blobs, bytes } = result;
      system.out(`${image.text} ${digest}: ${blobs} blobs, ${sizeText(bytes)}\n`);
    }
  }
  if (flags.has("json")) system.out(jsonText({ images: results }));
  return results.every(({ ok }) => ok) ? EXIT.OK : EXIT.FAILURE;
}

interface Fetching {
  readonly client: ServerClient;
  readonly http: HttpConfig;
  readonly proxy: ProxyConfig;
  readonly platforms: Platforms;
  readonly system: System;
}

async function fetchOne(
  image: ImageName,
  { client, http, proxy, platforms, system }: Fetching,
): Promise<Result> {
  const progress = new Progress({
    label: image.text,
    width: system.terminalWidth(),
    draw: (text) => system.err(text),
    now: () => system.now().getTime(),
  });
  const warnings = new Set<string>();
  const pull = new Pull(client, http.prefix, requestOf(image, proxy), {
    total: (bytes) => progress.total(bytes),
    received: (bytes) => progress.received(bytes),
    warned: (text) => void warnings.add(oneLine(text)),
  });
  try {
    const pulled = await pull.run(image.reference, platforms);
    return { image: image.text, ok: true, ...pulled };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { image: image.text, ok: false, error: oneLine(message) };
  } finally {
    progress.end();
    for (const text of warnings) system.err(`warning: ${image.text}: ${text}\n`);
  }
}

/** Where the server of this configuration listens. @throws Error with a sentence */
function targetOf(http: HttpConfig): Target {
  const { net, addr, tls } = http;
  if (net === "tcp" && parseAddress(addr).port === 0) {
    throw new Error(`Cannot reach the server: the system chooses its port (http.addr ${addr})`);
  }
  const target = targetOfApp({ address: addr, ...(net === "tcp" && { url: "" }) }, tls);
  if (!target.handshakeOnly) return target;
  throw new Error(
    "Cannot reach the server: it wants client certificates (http.tls.clientauth). Pull by a client that has one",
  );
}

async function authorizationOf(flags: Flags, system: System): Promise<string | undefined> {
  const user = flags.text("user");
  if (user === undefined) return undefined;
  if (user.includes(":")) {
    throw new UsageError(
      "Expected --user and a name: the password is asked for, or read from stdin",
    );
  }
  try {
    const password = await obtainPassword({ kind: "terminal" }, "verify", system);
    const bytes = new TextEncoder().encode(`${user}:${password}`);
    return `Basic ${bytes.toBase64()}`;
  } catch (error) {
    if (error instanceof NoPasswordError) throw new Error(error.message);
    throw error;
  }
}
