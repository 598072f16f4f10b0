import { answer, failure, text } from "./answer.ts";
import { IMAGE, OCI } from "./content.ts";
import { type GoldenExchange, row, type Setup } from "./exchange.ts";

function on(setup: Setup, exchanges: readonly GoldenExchange[]): readonly GoldenExchange[] {
  return exchanges.map((one) => ({ ...one, name: `${one.name} (${setup})`, setup }));
}

export const OTHER_SETUPS: readonly GoldenExchange[] = [
  ...on("no deletes", [
    row("DELETE /v2/r/manifests/t", {}, failure(405, "UNSUPPORTED")),
    row("DELETE /v2/r/manifests/$M", {}, failure(405, "UNSUPPORTED")),
    row("DELETE /v2/r/blobs/$B", {}, failure(405, "UNSUPPORTED")),
  ]),
  ...on("read-only", [
    row("PUT /v2/r/manifests/t", {
      headers: { "Content-Type": OCI },
      body: IMAGE,
    }, text(405, "Method not allowed\n", { Allow: "GET, HEAD" })),
    row("OPTIONS /v2/r/manifests/t", {}, answer(200, { Allow: "GET, HEAD" })),
  ]),
  ...on("htpasswd", [
    row(
      "GET /v2/",
      {},
      failure(401, "UNAUTHORIZED", null, { "Www-Authenticate": 'Basic realm="basic-realm"' }),
    ),
    row(
      "GET /v2/r/manifests/t",
      {},
      failure(
        401,
        "UNAUTHORIZED",
        [{ Type: "repository", Class: "", Name: "r", Action: "pull" }],
        { "Www-Authenticate": 'Basic realm="basic-realm"' },
      ),
    ),
    row(
      "OPTIONS /v2/r/manifests/t",
      {},
      failure(401, "UNAUTHORIZED", null, { "Www-Authenticate": 'Basic realm="basic-realm"' }),
    ),
  ]),
];
