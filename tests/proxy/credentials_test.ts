import { assertEquals, assertRejects } from "@std/assert";
import {
  CredentialError,
  fixedCredentials,
  HelperCredentials,
} from "../../src/proxy/credentials.ts";
import { type HelperRun, runHelper } from "../../src/proxy/helper_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

function make(lifetime: number | undefined) {
  const clock = { time: 0, now: () => clock.time };
  const runs: string[] = [];
  let next: HelperRun | undefined;
  const run = (command: string, input: string, limit: number) => {
    runs.push(`${command} ${input} ${limit}`);
    const output = new TextEncoder().encode(`{"Username":"u","Secret":"${runs.length}"}`);
    return Promise.resolve(next ?? { kind: "answered" as const, output });
  };
  const options = { command: "helper", lifetime, host: "reg.test:5000", limit: 7 };
  const helper = new HelperCredentials(options, run, clock);
  const secret = async () => (await helper.current()).secret;
  return { clock, runs, helper, secret, answer: (run: HelperRun) => next = run };
}

Deno.test("a helper without a lifetime is run once", async () => {
  const { clock, runs, secret } = make(undefined);
  for (let i = 0; i < 3; i++) {
    assertEquals(await secret(), "1");
    clock.time += 1e12;
  }
  assertEquals(runs, ["helper reg.test:5000 7"]);
});

Deno.test("a helper of lifetime 0 is run each time, of another when that is over", async () => {
  const each = make(0);
  assertEquals([await each.secret(), await each.secret()], ["1", "2"]);
  const { clock, secret } = make(1_000);
  const secrets = [await secret()];
  for (const time of [999, 1_000, 1_999, 2_000, 5]) {
    clock.time = time;
    secrets.push(await secret());
  }
  assertEquals(secrets, ["1", "1", "2", "2", "3", "4"]); // a clock that was set back says nothing
});

Deno.test("many at once share one run", async () => {
  const { runs, secret } = make(0);
  assertEquals(new Set(await Promise.all([secret(), secret(), secret()])).size, 1);
  assertEquals(runs.length, 1);
});

Deno.test("instead of refused credentials come those of another run, unless they are the same", async () => {
  const { helper, answer } = make(undefined);
  const first = await helper.current();
  const second = await helper.insteadOf(first);
  assertEquals(second?.secret, "2");
  assertEquals((await helper.insteadOf(first))?.secret, "2"); // which somebody else has got already
  answer({ kind: "answered", output: new TextEncoder().encode('{"Username":"u","Secret":"2"}') });
  assertEquals(await helper.insteadOf({ ...first, secret: "2" }), undefined);
});

Deno.test("a helper's failure isn't kept", async () => {
  const { helper, answer } = make(undefined);
  answer({ kind: "failed", reason: "it is ill" });
  await assertRejects(
    () => helper.current(),
    CredentialError,
    "gave nothing for reg.test:5000: it is ill",
  );
  answer({
    kind: "answered",
    output: new TextEncoder().encode('{"Username":"<token>","Secret":"x"}'),
  });
  assertEquals(await helper.current(), { username: "", secret: "x", identityToken: true });
});

Deno.test("fixed credentials are there with a name, and have no others", async () => {
  assertEquals(await fixedCredentials(undefined, "x").current(), undefined);
  assertEquals(await fixedCredentials("", "x").current(), undefined);
  const fixed = fixedCredentials("u", undefined);
  const credentials = { username: "u", secret: "", identityToken: false };
  assertEquals(await fixed.current(), credentials);
  assertEquals(await fixed.insteadOf(credentials), undefined);
});

Deno.test("runHelper() ends a program whose child holds its output open", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("helper");
  const run = async (text: string) => {
    await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`);
    await Deno.chmod(path, 0o755);
    const done = await runHelper(path, "host", 300);
    return done.kind === "failed" ? done.reason : new TextDecoder().decode(done.output);
  };
  assertEquals(await run("sleep 3 & sleep 3"), "it has not ended within 300 ms");
  assertEquals(await run('read a; echo "$1 $a"'), "get host\n");
  assertEquals(await run("exec <&-; echo ok"), "ok\n"); // reads nothing
  assertEquals(await run("kill -9 $$"), "it ended with status 137");
  await Deno.chmod(path, 0o644);
  assertEquals((await runHelper(path, "host", 300)).kind, "failed");
});
