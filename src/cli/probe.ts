import { request as plainRequest } from "node:http";
import { request as secureRequest, type RequestOptions } from "node:https";
import { connect as secureConnect } from "node:tls";
import { parseAddress } from "../config/address.ts";
import type { HttpConfig } from "../config/config.ts";

/** What to ask, to find out whether a registry lives. */
export interface Target {
  /** How people write it. */
  readonly text: string;
  readonly secure: boolean;
  /** Whether the certificate must be good for the host. */
  readonly verifies: boolean;
  /** Whether only the handshake is to be tried: the server answers nobody without a certificate. */
  readonly handshakeOnly: boolean;
  readonly place: { readonly host: string; readonly port: number } | {
    readonly socketPath: string;
  };
  readonly path: string;
}

/** What was answered: a status, and the beginning of the text below it. After a mere handshake the status is 200. */
export interface ProbeAnswer {
  readonly status: number;
  readonly text: string;
}

/** What is enough for the list of failing checks. */
const MOST_TEXT = 1000;

/** One GET over a connection of its own. Rejects when there is no answer in time. */
export function probe(target: Target, limitMs: number): Promise<ProbeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const open = target.handshakeOnly && "port" in target.place ? shakeHands : get;
  const stream = open(target, resolve);
  const timer = setTimeout(
    () => stream.destroy(new Error(`no answer within ${limitMs / 1000}s`)),
    limitMs,
  );
  stream.on("error", reject);
  return promise.finally(() => {
    clearTimeout(timer);
    stream.destroy();
  });
}

function get(target: Target, resolve: (answer: ProbeAnswer) => void) {
  const { secure, verifies, place, path } = target;
  const options: RequestOptions = {
    ...place,
    path,
    agent: false,
    headers: { "User-Agent": "berth-healthcheck", Connection: "close" },
    ...(secure && { rejectUnauthorized: verifies }),
  };
  const request = (secure ? secureRequest : plainRequest)(options, (response) => {
    let text = "";
    const end = () => resolve({ status: response.statusCode ?? 0, text });
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text = (text + chunk).slice(0, MOST_TEXT);
      if (text.length === MOST_TEXT) end();
    });
    response.on("end", end);
  });
  request.end();
  return request;
}

function shakeHands({ place, verifies }: Target, resolve: (answer: ProbeAnswer) => void) {
  const socket = secureConnect({ ...place, rejectUnauthorized: verifies });
  socket.once("secureConnect", () => resolve({ status: 200, text: "" }));
  return socket;
}

/** What a URL names. @throws Error when it is not one of http or https */
export function targetOfUrl(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Error(
      `Cannot check ${text}: expected a URL such as http://127.0.0.1:5001/debug/health`,
    );
  }
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  url.username = url.password = "";
  return {
    text: url.href,
    secure,
    // on this machine a certificate proves nothing, and it names the host by which others know it
    verifies: secure && !isThisMachine(host),
    handshakeOnly: false,
    place: { host, port: url.port === "" ? (secure ? 443 : 80) : Number(url.port) },
    path: url.pathname + url.search,
  };
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Where a server of this configuration tells how it is: on its debug address, else at `/`, which nobody needs credentials for.
 * Certificates are not verified: it is asked on this machine, and gets no secret. @throws Error when it cannot be known
 */
export function targetOfConfig(http: HttpConfig): Target {
  if (http.debug !== undefined) return tcpTarget(http.debug.addr, "/debug/health", undefined);
  return http.net === "unix" ? socketTarget(http.addr) : tcpTarget(http.addr, "/", http.tls);
}

/** The registry itself, where it really listens. @param address of the RunningApp */
export function targetOfApp(
  { address, url }: { readonly address: string; readonly url?: string },
  tls: HttpConfig["tls"],
): Target {
  return url === undefined ? socketTarget(address) : tcpTarget(address, "/", tls);
}

function socketTarget(socketPath: string): Target {
  return {
    text: socketPath,
    secure: false,
    verifies: false,
    handshakeOnly: false,
    place: { socketPath },
    path: "/",
  };
}

function tcpTarget(addr: string, path: string, tls: HttpConfig["tls"]): Target {
  const { host, port } = parseAddress(addr);
  if (port === 0) {
    throw new Error(`Cannot check ${addr}: the system chooses the port. Give the URL to check`);
  }
  const reachable = host === "" || host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const literal = reachable.includes(":") ? `[${reachable}]` : reachable;
  const demands = tls !== undefined && tls.clientcas.length > 0 &&
    tls.clientauth.startsWith("require-");
  return {
    text: `${tls === undefined ? "http" : "https"}://${literal}:${port}${path}`,
    secure: tls !== undefined,
    verifies: false,
    handshakeOnly: demands,
    place: { host: reachable, port },
    path,
  };
}
