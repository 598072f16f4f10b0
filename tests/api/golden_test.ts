import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { AccessController } from "../../src/auth/access_controller.ts";
import { InProcessServer } from "../support/in_process.ts";
import { peers } from "../support/peers.ts";
import { berthCommand } from "../support/server.ts";
import { requireTool, toolTest } from "../support/tools.ts";
import { describeDifferences, DIFFERENCES, expectedOfBerth } from "./differences.ts";
import type { Answer } from "./golden/answer.ts";
import type { GoldenExchange, Setup } from "./golden/exchange.ts";
import { GoldenRun } from "./golden/run.ts";
import { withServer } from "./golden/server.ts";
import { GOLDEN_EXCHANGES, type Original } from "./golden_exchanges.ts";

const ORIGINALS: readonly Original[] = ["registry3", "registry2"];
const SETUPS: readonly Setup[] = ["plain", "no deletes", "read-only", "htpasswd"];
/** A Location of ours has no query, distribution's has its state. */
const NO_STATE = /^$/;
const STATE = /^\?_state=[\w-]+(?:%3D)*$/;

function exchangesOf(original: Original, setup: Setup): readonly GoldenExchange[] {
  return GOLDEN_EXCHANGES[original].filter((exchange) => exchange.setup === setup);
}

/** Sends all exchanges of a setup and compares every answer, so that one failure shows what became of the others. */
async function compare(
  run: GoldenRun,
  exchanges: readonly GoldenExchange[],
  expected: (exchange: GoldenExchange) => Answer,
): Promise<void> {
  const wanted: Record<string, Answer> = {};
  const got: Record<string, Answer> = {};
  for (const exchange of exchanges) {
    wanted[exchange.name] = expected(exchange);
    got[exchange.name] = await run.send(exchange);
  }
  assertEquals(got, wanted);
}

/** What the access controller of an htpasswd registry says to a request without credentials. */
const locked: AccessController = {
  authorize: () => ({
    granted: false,
    status: 401,
    challenge: 'Basic realm="basic-realm"',
  }),
};

const SERVER_OPTIONS = {
  plain: {},
  "no deletes": { deleteEnabled: false },
  "read-only": { readOnly: { isOn: true } },
  htpasswd: { access: locked },
} as const satisfies Record<Setup, unknown>;

for (const original of ORIGINALS) {
  for (const setup of SETUPS) {
    const exchanges = exchangesOf(original, setup);
    if (exchanges.length === 0) continue;
    const title = `${exchanges.length} golden exchanges of ${original} (${setup}) as written down`;
    const expected = ({ name }: GoldenExchange) => expectedOfBerth(original, name);

    Deno.test(`berth in memory answers ${title}`, async () => {
      await using server = await InProcessServer.start(SERVER_OPTIONS[setup]);
      await compare(new GoldenRun(server.port, NO_STATE), exchanges, expected);
      assertEquals(server.faults, []);
    });

    Deno.test(`berth serve on a folder answers ${title}`, async () => {
      await withServer(berthCommand(), setup, async (port) => {
        await compare(new GoldenRun(port, NO_STATE), exchanges, expected);
      });
    });
  }
}

for (const original of ORIGINALS) {
  toolTest(
    { tools: [peers[original]] },
    `${original} itself answers the golden exchanges as written down`,
    async () => {
      for (const setup of SETUPS) {
        const exchanges = exchangesOf(original, setup);
        if (exchanges.length === 0) continue;
        await withServer([requireTool(peers[original]), "serve"], setup, async (port) => {
          await compare(new GoldenRun(port, STATE), exchanges, ({ answer }) => answer);
        });
      }
    },
  );
}

Deno.test("each golden exchange has a name of its own", () => {
  for (const original of ORIGINALS) {
    const names = GOLDEN_EXCHANGES[original].map(({ name }) => name);
    assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
  }
});

Deno.test("each row of the table of differences is one, has a reason, and is there once", () => {
  for (const original of ORIGINALS) {
    const names = DIFFERENCES[original].map(({ exchange }) => exchange);
    assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
    for (const { exchange, berth, reason } of DIFFERENCES[original]) {
      const golden = GOLDEN_EXCHANGES[original].find(({ name }) => name === exchange);
      assert(golden !== undefined, `${exchange} is no golden exchange of ${original}`);
      assertNotEquals(berth, golden.answer, exchange);
      assert(reason.length > 10, `${exchange} has no reason`);
    }
  }
});

Deno.test("describeDifferences() writes a row for each difference, in four columns", () => {
  for (const original of ORIGINALS) {
    const lines = describeDifferences(original).trimEnd().split("\n");
    assertEquals(lines.length, DIFFERENCES[original].length + 2);
    for (const line of lines) {
      assertEquals(line.replaceAll("\\|", "").split("|").length, 6, line);
    }
  }
});
