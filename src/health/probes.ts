import { connect } from "node:net";
import { goText } from "./go_text.ts";
import { askedUrl, plainUrl, withPlainUrls } from "./plain_url.ts";

/** How the checks touch the system. Each rejects with what is wrong, in distribution's words, and gives up when the signal says so. */
export interface Probes {
  /** Rejects when the file exists: an operator's way to take a server out. */
  absent(path: string): Promise<void>;
  /** Whether there is something that is not a folder, there or above. */
  isFile(path: string): Promise<boolean>;
  /** HEAD of a URL, which must answer `statuscode`. Redirects are followed, as Go does. */
  head(
    request: {
      readonly uri: string;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly statuscode: number;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** Connects to `host:port`, and no more. */
  connect(addr: string, signal: AbortSignal): Promise<void>;
}

export const systemProbes: Probes = {
  async absent(path) {
    try {
      await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw new Error(`stat ${path}: ${goText(error) ?? error}`);
    }
    throw new Error("file exists");
  },

  async isFile(path) {
    return await Deno.stat(path).then(
      ({ isDirectory }) => !isDirectory,
      (error) => error instanceof Deno.errors.NotADirectory,
    );
  },

  async head({ uri, headers, statuscode }, signal) {
    const name = plainUrl(uri);
    const request = { method: "HEAD", headers: sent(uri, headers), signal };
    const response = await fetch(askedUrl(uri), request).catch((error) => {
      throw new Error(`${name}: error while checking: Head "${name}": ${fetchText(error, name)}`);
    });
    await response.body?.cancel();
    if (response.status === statuscode) return;
    throw new Error(`${name}: downstream service returned unexpected status: ${response.status}`);
  },

  connect(addr, signal) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { hostname, port } = placeOf(addr);
    const socket = connect({ host: hostname, port });
    const leave = () => socket.destroy(new Error("i/o timeout"));
    signal.addEventListener("abort", leave, { once: true });
    socket.once("connect", resolve);
    socket.once("error", (error: Error) => {
      reject(new Error(`${addr}: connection failed: dial tcp ${addr}: ${dialText(error)}`));
    });
    return promise.finally(() => {
      signal.removeEventListener("abort", leave);
      socket.destroy();
    });
  },
};

/** The configuration has been checked: it is `host:port`, `[::1]:port` or `:port`. */
function placeOf(addr: string): { hostname: string; port: number } {
  const colon = addr.lastIndexOf(":");
  const port = { http: 80, https: 443 }[addr.slice(colon + 1)] ?? Number(addr.slice(colon + 1));
  const host = addr.slice(0, colon).replace(/^\[|\]$/g, "");
  return { hostname: host === "" ? "localhost" : host, port };
}

/** The configured headers, and the name and password of the URL: fetch refuses a URL that has them. */
function sent(uri: string, headers: Readonly<Record<string, readonly string[]>>): Headers {
  const all = new Headers();
  const { username, password } = new URL(uri);
  if (username !== "" || password !== "") {
    const bytes = new TextEncoder().encode(decodeURIComponent(`${username}:${password}`));
    all.set("Authorization", `Basic ${btoa(String.fromCharCode(...bytes))}`);
  }
  for (const [name, values] of Object.entries(headers)) {
    for (const value of values) all.append(name, value);
  }
  return all;
}

function dialText(error: Error): string {
  const known = goText(error);
  return known === undefined ? error.message : `connect: ${known}`;
}

/** What has happened is the cause, and names the URL once more. */
function fetchText(error: unknown, name: string): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error.cause instanceof Error ? error.cause : error;
  if (!message.includes("Connection refused")) {
    return withPlainUrls(message.replace(/^error sending request for url \(.*?\): /, ""));
  }
  const { hostname, port, protocol } = new URL(name);
  const place = `${hostname}:${port !== "" ? port : protocol === "https:" ? 443 : 80}`;
  return `dial tcp ${place}: connect: connection refused`;
}
