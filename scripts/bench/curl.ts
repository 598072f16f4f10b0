import { run } from "../../tests/support/process.ts";
import { requireTool } from "../../tests/support/tools.ts";

/** HTTP/1.1, or HTTP/2 where the server offers it. */
export type Protocol = "--http1.1" | "--http2";

/** What curl needs to talk to a server over TLS. */
export interface CurlOptions {
  readonly protocol: Protocol;
  /** Path of the certificate of who signed the server's. */
  readonly authority: string;
}

/** GETs to nowhere. @returns seconds from the connection to the last byte */
export async function curlGet(url: string, options: CurlOptions): Promise<number> {
  return await curl(options, ["--output", "/dev/null", url]);
}

/** PUTs a file. @returns seconds from the connection to the end of the answer */
export async function curlPut(url: string, file: string, options: CurlOptions): Promise<number> {
  // without "Expect" it sends at once, as the clients of registries do
  const headers = ["-H", "Content-Type: application/octet-stream", "-H", "Expect:"];
  return await curl(options, [...headers, "--upload-file", file, url]);
}

/** @throws when the status isn't 2xx */
async function curl({ protocol, authority }: CurlOptions, args: string[]): Promise<number> {
  const { stdout } = await run([
    requireTool("curl"),
    ...["--silent", "--show-error", "--fail", protocol, "--cacert", authority],
    ...["--write-out", "%{time_total}"],
    ...args,
  ]);
  return Number(stdout);
}
