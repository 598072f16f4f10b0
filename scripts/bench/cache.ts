import type { Bench, BenchContext, Row } from "./bench.ts";
import { Connection, type Endpoint } from "./connection.ts";
import { type Body, pullImage, pushImage } from "./content.ts";
import { type Download, download } from "./download.ts";
import { load, median } from "./load.ts";
import type { Resources } from "./resources.ts";
import type { Setup } from "./setup.ts";

const MB = 1_000_000;
const REPOSITORY = "bench/cached";
const CLIENTS = 50;
const CACHED_CLIENTS = 8;
/** One is a matter of luck. */
const FIRST_BYTES = 7;

const beforeSlow = (resources: Resources): Promise<Setup> =>
  Promise.resolve({ upstream: resources.slowUpstream().url });

/** A blob that nobody has asked for yet. */
function coldBlob({ resources }: BenchContext, size: number): Body {
  const body = resources.bodies(size).next();
  resources.slowUpstream().add(body);
  return body;
}

function get(endpoint: Endpoint, { digest, size }: Body): Promise<Download> {
  return download(endpoint, `/v2/${REPOSITORY}/blobs/${digest}`, size);
}

function row(id: string, work: string, unit: string, better: Row["better"], absolute: number): Row {
  return { id, work, unit, better, goal: { absolute } };
}

const cold: Bench = {
  rows: [
    row("P24", "cold 10 MB through the cache: first byte, beyond upstream's", "ms", "less", 5),
    row("P24", "cold 100 MB through the cache: time against direct", "times", "less", 1.1),
  ],
  setup: beforeSlow,
  prepare: async (context) => {
    const upstream = context.resources.slowUpstream();
    await get(context.server, coldBlob(context, MB)); // starts what is started once
    const firstByte = async (endpoint: Endpoint) => {
      const all: number[] = [];
      for (let i = 0; i < FIRST_BYTES; i++) {
        all.push((await get(endpoint, coldBlob(context, 10 * MB))).firstByte);
      }
      return median(all);
    };
    return async () => {
      const beyond = await firstByte(context.server) - await firstByte(upstream);
      const direct = await get(upstream, coldBlob(context, 100 * MB));
      const cached = await get(context.server, coldBlob(context, 100 * MB));
      return [beyond, cached.total / direct.total];
    };
  },
};

const together: Bench = {
  rows: [
    row("P25", "50 clients, one cold blob of 20 MB: upstream GETs", "GETs", "less", 1),
    row("P25", "those with bytes before upstream's last", "clients", "more", CLIENTS),
    {
      ...row("P25", "time of the last against a direct download", "times", "less", 0),
      goal: {}, // most of it is the load generator's own
    },
  ],
  setup: beforeSlow,
  prepare: async (context) => {
    const upstream = context.resources.slowUpstream();
    await get(context.server, coldBlob(context, MB));
    return async () => {
      const direct = await get(upstream, coldBlob(context, 20 * MB));
      const body = coldBlob(context, 20 * MB);
      const all = await Promise.all(
        Array.from({ length: CLIENTS }, () => get(context.server, body)),
      );
      const { gets, last } = upstream.sent(body);
      const streamed = all.filter(({ firstAt }) => firstAt < last).length;
      const slowest = Math.max(...all.map(({ total }) => total));
      return [gets, streamed, slowest / direct.total];
    };
  },
};

const warm: Bench = {
  rows: [
    row("P25", "pulls of a cached image against those of a local one", "times", "more", 0.95),
  ],
  ownServers: true,
  prepare: async ({ budget, resources, startAnother }) => {
    const local = await startAnother();
    const sources = { layer: resources.bodies(MB), config: resources.bodies(1_000) };
    using connection = new Connection(local);
    const pushed = await pushImage(connection, REPOSITORY, "it", sources);
    // by digest: a tag is asked for upstream, each time and by everybody
    const image = { ...pushed, tag: pushed.manifest.descriptor.digest };
    const cached = await startAnother({ setup: { upstream: local.url } });
    using first = new Connection(cached);
    await pullImage(first, image);
    const speed = async (server: Endpoint) =>
      (await load(
        server,
        CACHED_CLIENTS,
        budget.seconds,
        (connection) => pullImage(connection, image),
      )).perSecond;
    return async () => {
      const [before, through] = [await speed(local), await speed(cached)];
      return [through / ((before + await speed(local)) / 2)];
    };
  },
};

export const cacheBenches: readonly Bench[] = [cold, together, warm];
