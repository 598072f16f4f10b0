import type { Health } from "../health/health.ts";
import type { Exchange, Handler, ReplyHeaders } from "../http/exchange.ts";
import type { Logger } from "../log/logger.ts";
import { isRebound } from "./browser.ts";
import { isFromPage } from "./cross_site.ts";
import { answerJson, answerText } from "./plain_answer.ts";
import { readSwitch } from "./switch_request.ts";

/** Health with the operator's switch. */
export interface SwitchedHealth extends Health {
  setDown(reason: string): void;
  setUp(): void;
}

/** Read-only mode: writes are refused while it is on. */
export interface ReadOnlySwitch {
  readonly isOn: boolean;
  set(on: boolean): void;
}

export interface DebugOptions {
  /** That is listened on; "" for all interfaces. */
  readonly host: string;
  readonly health: SwitchedHealth;
  readonly readOnly: ReadOnlySwitch;
  /** Absent without `http.debug.prometheus.enabled`. */
  readonly metrics?: {
    readonly path: string;
    readonly contentType: string;
    readonly render: () => string | Promise<string>;
  };
  readonly logger: Logger;
}

/** What distribution's health/api says of its switch. */
const DOWN_REASON = "Manual Check";

type Methods = Readonly<Record<string, Handler>>;

/**
 * What `http.debug.addr` answers. Nobody is asked who he is, as in distribution, so it must not be reachable from outside.
 * What may be a page of a browser is told nothing (see browser.ts), and changes nothing.
 * `/debug/vars` and `/debug/pprof/` of distribution are Go's own and not here: what of them makes sense is among the metrics.
 */
export function createDebugApi(options: DebugOptions): Handler {
  const routes: Readonly<Record<string, Methods>> = {
    ...metricsRoute(options),
    "/debug/health": { GET: (exchange) => answerHealth(options.health, exchange) },
    "/debug/health/down": { POST: (exchange) => switchHealth(options, exchange, true) },
    "/debug/health/up": { POST: (exchange) => switchHealth(options, exchange, false) },
    "/debug/readonly": {
      GET: (exchange) => answerJson(exchange, 200, stateOf(options.readOnly)),
      PUT: (exchange) => switchReadOnly(options, exchange),
    },
  };
  return async (exchange) => {
    const path = exchange.target.split("?", 1)[0] ?? "";
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (methods === undefined) return await answerText(exchange, 404, "404 page not found");
    const { method } = exchange;
    const reads = method === "GET" || method === "HEAD";
    const handle = Object.hasOwn(methods, reads ? "GET" : method)
      ? methods[reads ? "GET" : method]
      : undefined;
    if (handle === undefined) return await answerNotAllowed(exchange, methods);
    if (!reads && isFromPage(exchange)) return await answerText(exchange, 403, FROM_PAGE);
    // a HEAD tells no more than a status, which health checks of other servers ask for by all kinds of names
    if (method !== "HEAD" && isRebound(exchange, options.host)) {
      return await answerText(exchange, 403, BY_NAME);
    }
    await handle(exchange);
  };
}

const FROM_PAGE = "Cannot do this for a page in a browser: send it with curl or the like";
const BY_NAME =
  "Cannot show this to a browser by a name: ask for the IP address or localhost, or use curl or the like";

function answerNotAllowed(exchange: Exchange, methods: Methods): Promise<void> {
  const allow = Object.keys(methods).flatMap((name) => name === "GET" ? [name, "HEAD"] : [name]);
  return answerText(exchange, 405, "Method not allowed", { Allow: allow.join(", ") });
}

/** Distribution's: all failures by name, in order, and no newline at the end. */
function answerHealth(health: Health, exchange: Exchange): Promise<void> {
  return answerJson(exchange, health.isHealthy ? 200 : 503, health.failures());
}

function switchHealth({ health, logger }: DebugOptions, exchange: Exchange, down: boolean) {
  if (down) health.setDown(DOWN_REASON);
  else health.setUp();
  logger.warn(`health is turned ${down ? "down" : "up"} on the debug address`, {
    "http.request.remoteaddr": exchange.remoteAddress,
  });
  return exchange.reply(200, { "Content-Length": 0 });
}

async function switchReadOnly({ readOnly, logger }: DebugOptions, exchange: Exchange) {
  const on = await readSwitch(exchange);
  if (on === undefined) {
    const expected = 'Expected ?enabled=true or ?enabled=false, or a body such as {"enabled":true}';
    return await answerText(exchange, 400, expected);
  }
  const before = readOnly.isOn;
  readOnly.set(on);
  logger.warn(`read-only mode is ${on ? "on" : "off"}`, {
    "http.request.remoteaddr": exchange.remoteAddress,
    "readonly.before": before,
  });
  await answerJson(exchange, 200, stateOf(readOnly));
}

function stateOf({ isOn }: ReadOnlySwitch): { enabled: boolean } {
  return { enabled: isOn };
}

function metricsRoute({ metrics }: DebugOptions): Readonly<Record<string, Methods>> {
  if (metrics === undefined) return {};
  const { path, contentType, render } = metrics;
  const headers: ReplyHeaders = { "Content-Type": contentType };
  return { [path]: { GET: async (exchange) => exchange.reply(200, headers, await render()) } };
}
