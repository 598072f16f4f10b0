import { assertEquals } from "@std/assert";
import { ExpiryWatch } from "../../../src/http/tls/expiry.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

function watching(from: number, until: number) {
  const log = new RecordedLog();
  const clock = { time: START, now: () => clock.time };
  const watch = new ExpiryWatch(log, clock);
  watch.watch([{ path: "/a.pem", from: START + from * DAY, until: START + until * DAY }]);
  /** What is told when it is looked every hour for so many days. */
  const pass = (days: number) => {
    const before = log.lines.length;
    for (let hour = 0; hour < days * 24; hour++) {
      clock.time += DAY / 24;
      watch.look();
    }
    return log.lines.slice(before).map((line) => line.replace(/ \{.*/, ""));
  };
  return { log, clock, watch, pass };
}

Deno.test("a certificate is warned of from 14 days ahead, once a day, and complained of when it has expired", () => {
  const { log, pass } = watching(-30, 20);
  assertEquals(log.lines, []);
  assertEquals(pass(6), ["warn the certificate in /a.pem expires in 14 days"]);
  assertEquals(pass(2), [
    "warn the certificate in /a.pem expires in 13 days",
    "warn the certificate in /a.pem expires in 12 days",
  ]);
  assertEquals(pass(11).at(-1), "warn the certificate in /a.pem expires in 1 day");
  assertEquals(
    pass(3),
    Array(3).fill(
      "error the certificate in /a.pem has expired: clients refuse it. Put a new one in its place",
    ),
  );
});

Deno.test("a certificate that has expired, or is not valid yet, is told at once", () => {
  assertEquals(
    watching(-30, -1).log.lines[0]?.slice(0, 45),
    "error the certificate in /a.pem has expired: ",
  );
  const early = watching(1, 30);
  assertEquals(early.log.lines[0]?.slice(0, 47), "warn the certificate in /a.pem is not valid yet");
  assertEquals(early.pass(3), []);
});

Deno.test("a new certificate ends the warnings, and a clock that was set back does not", () => {
  const { watch, clock, pass } = watching(-30, 3);
  clock.time -= 10 * DAY;
  assertEquals(pass(1).length, 1);
  watch.watch([{ path: "/a.pem", from: START - 30 * DAY, until: START + 300 * DAY }]);
  assertEquals(pass(5), []);
});
