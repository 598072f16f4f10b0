import type { Bench, BenchContext, Row } from "./bench.ts";
import { BodyFile } from "./body_file.ts";
import { Connection } from "./connection.ts";
import { pushBlob, startUpload, withDigest } from "./content.ts";
import { curlGet, type CurlOptions, curlPut, type Protocol } from "./curl.ts";
import { wrk } from "./http_tools.ts";
import { timed } from "./load.ts";
import { overTls } from "./setup.ts";

const REPOSITORY = "bench/tls";
const HTTP1: Protocol = "--http1.1";
const NEGOTIATED: Protocol = "--http2";

function row(id: string, work: string, ratio: number): Row {
  return { id, work, unit: "GB/s", better: "more", goal: { ratio } };
}

async function curlOptions({ resources }: BenchContext, protocol: Protocol): Promise<CurlOptions> {
  return { protocol, authority: (await resources.certificate()).authority };
}

const download: Bench = {
  rows: [
    row("P6", "GET of a large blob over TLS, HTTP/1.1, one client (wrk)", 1.4),
    row("P6", "GET of a large blob over TLS, HTTP/2 where it is offered (curl)", 1.4),
  ],
  setup: overTls,
  prepare: async (context) => {
    const { server, budget, resources } = context;
    const body = resources.bodies(budget.large).next();
    using connection = new Connection(server);
    await pushBlob(connection, REPOSITORY, body);
    const url = `${server.url}/v2/${REPOSITORY}/blobs/${body.digest}`;
    const options = await curlOptions(context, NEGOTIATED);
    return async () => {
      // wrk takes much less of the processors than curl, so that the server is what is measured
      const http1 = await wrk(url, budget.seconds, { connections: 1 });
      let [count, seconds] = [0, 0];
      for (; count === 0 || seconds < budget.seconds / 2; count++) {
        seconds += await curlGet(url, options);
      }
      return [http1.bytesPerSecond / 1e9, count * budget.large / seconds / 1e9];
    };
  },
};

const upload: Bench = {
  rows: [
    row("P7", "upload of a large blob over TLS, HTTP/1.1 (curl)", 1),
    row("P7", "upload of a large blob over TLS, HTTP/2 where it is offered (curl)", 1),
  ],
  setup: overTls,
  prepare: (context) => {
    const { server, budget, resources } = context;
    const file = new BodyFile(resources.path("body"), resources.bodies(budget.large));
    const speed = async (protocol: Protocol) => {
      const { path, body } = await file.next();
      const options = await curlOptions(context, protocol);
      using connection = new Connection(server);
      let put = "";
      const start = await timed(async () =>
        put = withDigest(await startUpload(connection, REPOSITORY), body)
      );
      const seconds = start / 1_000 + await curlPut(server.url + put, path, options);
      return budget.large / seconds / 1e9;
    };
    return Promise.resolve(async () => [await speed(HTTP1), await speed(NEGOTIATED)]);
  },
};

const newConnections: Bench = {
  rows: [{
    id: "P19",
    work: "GET /v2/, a new TLS connection each",
    unit: "req/s",
    better: "more",
    goal: { absolute: 2_000 },
  }],
  setup: overTls,
  prepare: ({ server, budget }) =>
    Promise.resolve(async () => {
      const headers = ["Connection: close"];
      return [(await wrk(`${server.url}/v2/`, budget.seconds, { headers })).requestsPerSecond];
    }),
};

export const tlsBenches: readonly Bench[] = [download, upload, newConnections];
