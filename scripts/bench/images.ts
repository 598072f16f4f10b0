import type { Bench, BenchContext, Measure, Row } from "./bench.ts";
import { Connection } from "./connection.ts";
import { pullImage, type PushedImage, pushImage, putManifest, type UploadForm } from "./content.ts";
import { load, quantile } from "./load.ts";
import { currentMemory } from "./memory.ts";

const MB = 1_000_000;
const CLIENTS = 8;

function row(id: string, work: string, goal: Row["goal"], unit = "images/s"): Row {
  return {
    id,
    work,
    unit,
    better: unit === "images/s" || unit === "req/s" ? "more" : "less",
    goal,
  };
}

function sourcesOf({ resources }: BenchContext, layerSize: number) {
  return { layer: resources.bodies(layerSize), config: resources.bodies(1_000) };
}

/** Repeats pushes of new images, each client into a repository of its own. */
function pushing(
  context: BenchContext,
  layerSize: number,
  form: UploadForm,
  clients = CLIENTS,
): Measure {
  const sources = sourcesOf(context, layerSize);
  const { server, budget } = context;
  let series = 0;
  return async () => {
    const name = `s${series++}`;
    const { perSecond } = await load(
      server,
      clients,
      budget.seconds,
      (connection, client, round) =>
        pushImage(connection, `bench/c${client}`, `${name}-${round}`, sources, form),
    );
    return [perSecond];
  };
}

function pushBench(row: Row, layerSize: number, form: UploadForm): Bench {
  return {
    rows: [row],
    prepare: (context) => Promise.resolve(pushing(context, layerSize, form)),
  };
}

async function pushSome(context: BenchContext, layerSize: number): Promise<PushedImage[]> {
  using connection = new Connection(context.server);
  const sources = sourcesOf(context, layerSize);
  const images: PushedImage[] = [];
  // a few of the large ones do: they are read again and again
  for (let i = 0; i < (layerSize > 50 * MB ? 2 : CLIENTS); i++) {
    images.push(await pushImage(connection, `bench/c${i}`, "it", sources));
  }
  return images;
}

function pullBench(row: Row, layerSize: number): Bench {
  return {
    rows: [row],
    prepare: async (context) => {
      const images = await pushSome(context, layerSize);
      const { server, budget } = context;
      return async () => {
        const { perSecond } = await load(
          server,
          CLIENTS,
          budget.seconds,
          (connection, client) => pullImage(connection, imageOf(images, client)),
        );
        return [perSecond];
      };
    },
  };
}

function imageOf(images: readonly PushedImage[], client: number): PushedImage {
  const image = images[client % images.length];
  if (image === undefined) throw new Error("Cannot pull: no image was pushed");
  return image;
}

const mixed: Bench = {
  rows: [
    row("P12", "3 pulls to 1 push, 1 MB layer, 8 clients", { ratio: 1.2 }),
    row("P12", "its p99 per image", { absolute: 30 }, "ms"),
  ],
  prepare: async (context) => {
    const images = await pushSome(context, MB);
    const sources = sourcesOf(context, MB);
    const { server, budget } = context;
    let series = 0;
    return async () => {
      const name = `s${series++}`;
      const { perSecond, durations } = await load(
        server,
        CLIENTS,
        budget.seconds,
        (connection, client, round) =>
          (client + round) % 4 === 0
            ? pushImage(connection, `bench/c${client}`, `${name}-${round}`, sources)
            : pullImage(connection, imageOf(images, client)),
      );
      return [perSecond, quantile(durations, 0.99)];
    };
  },
};

const newTags: Bench = {
  rows: [row("P15", "PUT of a new tag, 8 clients", { ratio: 2 }, "req/s")],
  prepare: async (context) => {
    const images = await pushSome(context, 20_000);
    const { server, budget } = context;
    let series = 0;
    return async () => {
      const name = `s${series++}`;
      const { perSecond } = await load(
        server,
        CLIENTS,
        budget.seconds,
        (connection, client, round) => {
          const { repository, manifest } = imageOf(images, client);
          return putManifest(connection, repository, `${name}-${round}`, manifest);
        },
      );
      return [perSecond];
    };
  },
};

const inMemory: Bench = {
  driver: "inmemory",
  rows: [
    row("P26", "memory driver: push, 1 MB layer, 8 clients", { ratio: 2 }),
    row("P26", "memory driver: push, 10 MB layer, 4 clients", { ratio: 8 }),
    row("P26", "memory driver: growth of RSS / payload", { absolute: 1.3 }, "bytes/byte"),
  ],
  prepare: (context) => {
    const { server, budget } = context;
    const small = pushing(context, MB, "monolithic");
    const large = pushing(context, 10 * MB, "monolithic", 4);
    const idle = currentMemory(server.pid);
    let payload = 0;
    return Promise.resolve(async () => {
      const [smallPerSecond = 0] = await small();
      const [largePerSecond = 0] = await large();
      payload += (smallPerSecond + 10 * largePerSecond) * MB * budget.seconds;
      return [smallPerSecond, largePerSecond, (server.peak() - idle) / payload];
    });
  },
};

export const imageBenches: readonly Bench[] = [
  pushBench(row("P9", "push, 1 MB layer, 8 clients", { ratio: 1.3 }), MB, "monolithic"),
  pushBench(
    row("P10", "push, 10 MB layer, 8 clients, monolithic", { ratio: 1 }),
    10 * MB,
    "monolithic",
  ),
  pushBench(row("P10", "push, 10 MB layer, 8 clients, chunked", { ratio: 1 }), 10 * MB, "chunked"),
  pullBench(row("P11", "pull, 1 MB layer, 8 clients", { ratio: 1.2 }), MB),
  pullBench(row("P11", "pull, 10 MB layer, 8 clients", { ratio: 1 }), 10 * MB),
  pullBench(row("P11", "pull, 100 MB layer, 8 clients", { ratio: 1 }), 100 * MB),
  mixed,
  newTags,
  inMemory,
];
