import { assertEquals } from "@std/assert";
import { HandshakeFailures } from "../../../src/http/tls/handshake_failures.ts";
import { NO_METRICS } from "../../../src/metrics/metrics.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

Deno.test("failures make one line a minute, with their reasons, and each is counted", () => {
  const log = new RecordedLog();
  const clock = { time: 0, now: () => clock.time };
  let counted = 0;
  const metrics = { ...NO_METRICS, handshakeFailed: () => counted++ };
  const failures = new HandshakeFailures(log, metrics, clock);
  failures.look();
  failures.add("a");
  failures.look();
  for (let i = 0; i < 1000; i++) failures.add(i % 2 === 0 ? "b" : `reason ${i}`);
  failures.look();
  clock.time = 60_000;
  failures.look();
  failures.look();
  assertEquals(counted, 1001);
  assertEquals(log.lines[0], 'warn a TLS handshake failed {"reasons":"a (1)"}');
  assertEquals(log.lines.length, 2);
  assertEquals(
    log.lines[1],
    'warn 1000 TLS handshakes failed {"reasons":"b (500); other reasons (493); reason 1 (1); reason 3 (1); ' +
      'reason 5 (1); reason 7 (1); reason 9 (1); reason 11 (1); reason 13 (1)"}',
  );
});
