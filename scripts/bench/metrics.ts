import { freePort } from "../../tests/support/process.ts";
import type { Bench } from "./bench.ts";
import type { Server } from "./contestant.ts";
import { wrk } from "./http_tools.ts";

const metrics: Bench = {
  rows: [
    {
      id: "P1",
      work: "GET /v2/ with metrics for Prometheus, 16 connections",
      unit: "req/s",
      better: "more",
      goal: {},
    },
    {
      id: "P1",
      work: "of what it is without them",
      unit: "req/req",
      better: "more",
      goal: { absolute: 0.9 },
    },
  ],
  setup: () => Promise.resolve({ metricsPort: freePort() }),
  prepare: async ({ server, budget, startAnother }) => {
    const without = await startAnother();
    const perSecond = async ({ url }: Server) =>
      (await wrk(`${url}/v2/`, budget.seconds)).requestsPerSecond;
    return async () => {
      const [off, on] = [await perSecond(without), await perSecond(server)];
      return [on, on / off];
    };
  },
};

export const metricsBenches: readonly Bench[] = [metrics];
