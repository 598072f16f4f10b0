import type { Family, Sample } from "./family.ts";

/** What other parts know at any moment and are asked for when somebody looks; what is absent is not shown. */
export interface Watched {
  /** Of the registry's port: open connections, and requests that are being answered, those on no route included. */
  readonly load?: () => { readonly connections: number; readonly exchanges: number };
  readonly healthy?: () => boolean;
  readonly readOnly?: () => boolean;
}

/** @param watched asked at each call, since parts come one after the other at start */
export function watchedFamilies(watched: () => Watched): Family[] {
  const family = (
    name: string,
    help: string,
    of: (watched: Watched) => number | boolean | undefined,
  ): Family => ({ name, help, type: "gauge", samples: () => sampleOf(of(watched())) });
  return [
    family("berth_open_connections", "Connections of clients.", (of) => of.load?.().connections),
    family(
      "berth_running_exchanges",
      "Requests that are being answered.",
      (of) => of.load?.().exchanges,
    ),
    family("berth_healthy", "Whether all health checks pass.", (of) => of.healthy?.()),
    family("berth_read_only", "Whether pushes and deletes are refused.", (of) => of.readOnly?.()),
  ];
}

function sampleOf(value: number | boolean | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value: Number(value) }];
}
