import type { Bench } from "./bench.ts";
import { Connection } from "./connection.ts";
import { patchBlob, pushBlob, startUpload, withDigest } from "./content.ts";
import { timed } from "./load.ts";

const REPOSITORY = "bench/large";
/** As much as the socket may hold, so that few reads are needed. */
const READ_SIZE = 2 * 1_024 * 1_024;

const download: Bench = {
  rows: [{
    id: "P6",
    work: "GET of a large blob, one client",
    unit: "GB/s",
    better: "more",
    goal: { ratio: 0.95 },
  }],
  prepare: async ({ server, budget, resources }) => {
    const body = resources.bodies(budget.large).next();
    using connection = new Connection(server);
    await pushBlob(connection, REPOSITORY, body);
    const target = `/v2/${REPOSITORY}/blobs/${body.digest}`;
    return async () => {
      using connection = new Connection(server, READ_SIZE);
      let bytes = 0;
      const end = performance.now() + budget.seconds * 1_000;
      const took = await timed(async () => {
        while (performance.now() < end) {
          bytes += (await connection.exchange(200, "GET", target)).bodyLength;
        }
      });
      return [bytes / took / 1e6];
    };
  },
};

const upload: Bench = {
  rows: [
    {
      id: "P7",
      work: "upload of a large blob, POST + PUT",
      unit: "GB/s",
      better: "more",
      goal: { ratio: 1 },
    },
    {
      id: "P8",
      work: "PUT that ends an upload after a large PATCH",
      unit: "ms",
      better: "less",
      goal: { absolute: 15 },
    },
  ],
  prepare: ({ server, budget, resources }) =>
    Promise.resolve(async () => {
      using connection = new Connection(server);
      const whole = resources.bodies(budget.large).next();
      const took = await timed(() => pushBlob(connection, REPOSITORY, whole));
      const body = resources.bodies(budget.large).next();
      const upload = await startUpload(connection, REPOSITORY);
      const next = await patchBlob(connection, upload, body);
      const commit = await timed(() => connection.exchange(201, "PUT", withDigest(next, body)));
      return [budget.large / took / 1e6, commit];
    }),
};

export const largeBlobs: readonly Bench[] = [download, upload];
