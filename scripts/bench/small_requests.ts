import type { Bench, BenchContext } from "./bench.ts";
import { Connection } from "./connection.ts";
import { BodySource, pushBlob, type PushedImage, pushImage } from "./content.ts";
import { abHead, wrk } from "./http_tools.ts";

const MIB = 1_024 * 1_024;
const REPOSITORY = "bench/app";
const ACCEPT_HEADER = ["Accept: application/vnd.oci.image.manifest.v1+json"];

async function pushOne(context: BenchContext, layerSize: number): Promise<PushedImage> {
  using connection = new Connection(context.server);
  const sources = { layer: new BodySource(layerSize), config: new BodySource(1_000, 2) };
  return await pushImage(connection, REPOSITORY, "it", sources);
}

const ping: Bench = {
  rows: [{
    id: "P1",
    work: "GET /v2/, 16 connections",
    unit: "req/s",
    better: "more",
    goal: { ratio: 1.2 },
  }],
  prepare: ({ server, budget }) =>
    Promise.resolve(async () => [
      (await wrk(`${server.url}/v2/`, budget.seconds)).requestsPerSecond,
    ]),
};

const manifests: Bench = {
  rows: [
    {
      id: "P2",
      work: "GET manifest by digest, 16 connections",
      unit: "req/s",
      better: "more",
      goal: { ratio: 1.6 },
    },
    { id: "P2", work: "its p99", unit: "ms", better: "less", goal: { absolute: 3 } },
    {
      id: "P2",
      work: "GET manifest by tag, 16 connections",
      unit: "req/s",
      better: "more",
      goal: { ratio: 1.6 },
    },
    { id: "P2", work: "its p99", unit: "ms", better: "less", goal: { absolute: 3 } },
  ],
  prepare: async (context) => {
    const { manifest, tag } = await pushOne(context, 20_000);
    const base = `${context.server.url}/v2/${REPOSITORY}/manifests`;
    const get = (reference: string) =>
      wrk(`${base}/${reference}`, context.budget.seconds, { headers: ACCEPT_HEADER });
    return async () => {
      const byDigest = await get(manifest.descriptor.digest);
      const byTag = await get(tag);
      return [byDigest.requestsPerSecond, byDigest.p99, byTag.requestsPerSecond, byTag.p99];
    };
  },
};

const heads: Bench = {
  rows: [
    {
      id: "P3",
      work: "HEAD blob, 16 connections (ab)",
      unit: "req/s",
      better: "more",
      goal: { absolute: 40_000 },
    },
    {
      id: "P3",
      work: "HEAD manifest by digest, 16 connections (ab)",
      unit: "req/s",
      better: "more",
      goal: { absolute: 40_000 },
    },
  ],
  prepare: async (context) => {
    const { layer, manifest } = await pushOne(context, 20_000);
    const base = `${context.server.url}/v2/${REPOSITORY}`;
    return async () => [
      await abHead(`${base}/blobs/${layer.digest}`, context.budget.seconds),
      await abHead(
        `${base}/manifests/${manifest.descriptor.digest}`,
        context.budget.seconds,
        ACCEPT_HEADER,
      ),
    ];
  },
};

const blobs: Bench = {
  rows: [
    {
      id: "P4",
      work: "GET blob of 16 KiB, 16 connections",
      unit: "req/s",
      better: "more",
      goal: { ratio: 1.3 },
    },
    {
      id: "P5",
      work: "GET blob of 1 MiB, 16 connections",
      unit: "GB/s",
      better: "more",
      goal: { ratio: 1 },
    },
  ],
  prepare: async ({ server, budget }) => {
    const small = new BodySource(16 * 1_024).next();
    const large = new BodySource(MIB).next();
    using connection = new Connection(server);
    await pushBlob(connection, REPOSITORY, small);
    await pushBlob(connection, REPOSITORY, large);
    const get = (digest: string) =>
      wrk(`${server.url}/v2/${REPOSITORY}/blobs/${digest}`, budget.seconds);
    return async () => [
      (await get(small.digest)).requestsPerSecond,
      (await get(large.digest)).bytesPerSecond / 1e9,
    ];
  },
};

const newConnections: Bench = {
  rows: [{
    id: "P19",
    work: "GET /v2/, a new TCP connection each",
    unit: "req/s",
    better: "more",
    goal: { absolute: 10_000 },
  }],
  prepare: ({ server, budget }) =>
    Promise.resolve(async () => {
      const headers = ["Connection: close"];
      return [(await wrk(`${server.url}/v2/`, budget.seconds, { headers })).requestsPerSecond];
    }),
};

export const smallRequests: readonly Bench[] = [ping, manifests, heads, blobs, newConnections];
