import type { Clock } from "../async/clock.ts";
import { RegistryError } from "../oci/error.ts";
import { ClientGoneError, type Exchange, type Handler, StalledError } from "./exchange.ts";

/** How an exchange ended. */
export interface Outcome {
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** The status sent; 499 when the client had gone before one could be. */
  readonly status: number;
  /** What the handler threw, if it did. */
  readonly error?: unknown;
}

export interface PipelineOptions {
  readonly clock: Clock;
  /** Called after each exchange, for logs and metrics. Must not throw. */
  readonly onEnd: (exchange: Exchange, outcome: Outcome) => void;
  /** Called with what is a fault of ours or of the store, under the id that the client was told. */
  readonly onFault: (exchange: Exchange, error: unknown) => void;
}

/** nginx's and distribution's number for it; only logs see it. */
const CLIENT_GONE = 499;

/** The one error boundary: whatever a handler throws becomes the right answer, or the end of the connection. */
export function createPipeline(handler: Handler, options: PipelineOptions): Handler {
  return async (exchange) => {
    const startedAt = options.clock.now();
    const started = performance.now();
    let failure: unknown;
    try {
      await handler(exchange);
      if (!exchange.replied) throw new Error("Cannot answer: the handler has not replied");
    } catch (error) {
      failure = error;
      await answerFailure(exchange, error, options);
    }
    const status = exchange.replied ? exchange.status : CLIENT_GONE;
    const outcome = { startedAt, durationMs: performance.now() - started, status };
    options.onEnd(exchange, failure === undefined ? outcome : { ...outcome, error: failure });
  };
}

async function answerFailure(
  exchange: Exchange,
  error: unknown,
  options: PipelineOptions,
): Promise<void> {
  if (error instanceof ClientGoneError) return exchange.destroy();
  const answer = error instanceof RegistryError ? error : translate(exchange, error);
  if (answer.status >= 500 && answer.cause !== undefined) options.onFault(exchange, answer.cause);
  if (exchange.replied) return exchange.destroy(); // half an answer must not look like a whole one
  try {
    exchange.note({
      "err.code": answer.code,
      "err.message": answer.message,
      "err.detail": detailText(answer.detail),
    });
    await exchange.reply(
      answer.status,
      { "Content-Type": "application/json", ...answer.headers },
      `${JSON.stringify({ errors: answer.elements() })}\n`,
    );
  } catch (failure) {
    options.onFault(exchange, failure); // a header or detail of ours that cannot be sent
    exchange.destroy();
  }
}

/** What is told about an error that is not one of the registry's own. */
function translate(exchange: Exchange, error: unknown): RegistryError {
  if (error instanceof StalledError) {
    const { message: detail } = error;
    return new RegistryError("UNKNOWN", { status: 408, message: "request timeout", detail });
  }
  const code = storageCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new RegistryError("UNAVAILABLE", {
      status: 507,
      detail:
        "Cannot store this: the registry's disk is full. Free some space and try again; what an upload has already received is kept",
      cause: error,
    });
  }
  if (code === "EMFILE" || code === "ENFILE") {
    const detail =
      "Cannot open another file: the registry has too many open. Try again, or raise its limit (ulimit -n)";
    return new RegistryError("UNAVAILABLE", {
      detail,
      headers: { "Retry-After": "1" },
      cause: error,
    });
  }
  if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
    const detail =
      `Cannot use the registry's storage: ${code}. Its log says which path (request ${exchange.id})`;
    return new RegistryError("UNKNOWN", { detail, cause: error });
  }
  return new RegistryError("UNKNOWN", {
    detail: `the registry's log has the reason under ${exchange.id}`,
    cause: error,
  });
}

/** The system's code of a storage error; http does not know the storage layer, so by its name. */
function storageCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "StorageError") return undefined;
  const { code } = error as Error & { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

function detailText(detail: unknown): string | undefined {
  return detail === undefined || typeof detail === "string" ? detail : JSON.stringify(detail);
}
