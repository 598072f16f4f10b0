import { systemClock } from "../../src/async/clock.ts";
import { createUpstream } from "../../src/proxy/http_upstream.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { repository, tagged } from "../support/tested_upstream.ts";

/** Asks the upstream of its arguments for a tag, in an environment of its own: `proxied_child.ts URL CA`. */
const [remoteurl = "", ca] = Deno.args;
const upstream = createUpstream(
  { name: "up.test", remoteurl, ca },
  { clock: systemClock, logger: new RecordedLog() },
);
try {
  const found = await upstream.resolve(repository("team/app"), tagged("v1"));
  console.log(found === undefined ? "404" : "found");
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
} finally {
  upstream.close();
}
