import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import type { Identity } from "../../../src/auth/authenticator.ts";
import { isPassword } from "../../../src/auth/htpasswd/bcrypt.ts";
import { BcryptPool } from "../../../src/auth/htpasswd/bcrypt_pool.ts";
import { costOf } from "../../../src/auth/htpasswd/bcrypt_hash.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { HtpasswdWorld } from "./htpasswd_world.ts";

const WRONG: Identity = { kind: "wrong" };
const ANONYMOUS: Identity = { kind: "anonymous" };
const ALICE: Identity = { kind: "user", name: "alice" };

Deno.test("a right password is checked once, and then known at once", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  const first = world.identify("alice", "secret");
  assert(first instanceof Promise);
  assertEquals(await first, ALICE);
  for (let i = 0; i < 3; i++) assertEquals(world.identify("alice", "secret"), ALICE);
  assertEquals(world.checks.length, 1);
  assertEquals(world.outcomes, ["checked", "remembered", "remembered", "remembered"]);
});

Deno.test("wrong passwords, unknown users and nonsense are the same wrong", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  assertEquals(await world.identify("alice", "Secret"), WRONG);
  assertEquals(await world.identify("bob", "secret"), WRONG);
  assertEquals(await world.identify("", "secret"), WRONG);
  assertEquals(await world.identify("alice", ""), WRONG);
  for (
    const header of [
      "Bearer x",
      "Basic",
      "Basic %%%",
      "Basic YWxpY2U=",
      "Basic " + "A".repeat(9999),
    ]
  ) {
    assertEquals(world.identifyBy(header), WRONG);
  }
  assertEquals(world.outcomes, Array(9).fill("wrong"));
});

Deno.test("no header, and a colon alone as containers/image sends it, are nobody, and are not counted", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  assertEquals(world.identifyBy(undefined), ANONYMOUS);
  assertEquals(await world.identify("", ""), ANONYMOUS);
  assertEquals(world.outcomes, []);
});

Deno.test("an unknown user costs one bcrypt of the same cost as a known one", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret", bob: "secret" });
  await world.identify("alice", "guess");
  await world.identify("nobody", "guess");
  const [known, unknown, ...others] = world.checks;
  assertEquals(others, []);
  assertEquals([costOf(known?.hash ?? ""), known?.wrongCost], [4, 4]);
  assertEquals([costOf(unknown?.hash ?? ""), unknown?.wrongCost], [4, 4]);
});

Deno.test("an unknown user is wrong even if the password fits what it was checked against", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  world.pool = { retryAfter: 1, check: () => Promise.resolve("right"), close: () => {} };
  assertEquals(await world.identify("nobody", "x"), WRONG);
  assertEquals(world.identify("nobody", "x"), WRONG);
});

Deno.test("in a file of several costs all wrong passwords take as long as at the highest", async () => {
  await using world = await HtpasswdWorld.open({});
  const cheap = await world.hash("secret", 4);
  const dear = await world.hash("secret", 6);
  await world.write(`alice:${cheap}\nbob:${dear}\n`);
  await world.read();
  for (const user of ["alice", "bob", "nobody"]) await world.identify(user, "guess");
  assertEquals(world.checks.map(({ hash, wrongCost }) => [costOf(hash), wrongCost]), [
    [4, 6],
    [6, 6],
    [6, 6],
  ]);
});

Deno.test("a wrong password is known for wrong at once, of known and unknown users alike", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  for (const user of ["alice", "nobody"]) {
    assertEquals(await world.identify(user, "guess"), WRONG);
    assertEquals(world.identify(user, "guess"), WRONG);
  }
  assertEquals(world.checks.length, 2);
});

Deno.test("many requests with the same credentials make one check, and each is counted", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  const asked = Array.from({ length: 20 }, () => world.identify("alice", "secret"));
  assertEquals(await Promise.all(asked), Array(20).fill(ALICE));
  assertEquals(world.checks.length, 1);
  assertEquals(world.outcomes.length, 20);
});

Deno.test("a user who is removed is refused, one who is added let in, and a new password takes the place of the old", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret", bob: "secret" });
  assertEquals(await world.identify("alice", "secret"), ALICE);
  assertEquals(await world.identify("carol", "new"), WRONG);
  await world.users({ bob: "changed", carol: "new" });
  assertEquals(await world.identify("alice", "secret"), WRONG);
  assertEquals(await world.identify("bob", "secret"), WRONG);
  assertEquals(await world.identify("bob", "changed"), { kind: "user", name: "bob" });
  assertEquals(await world.identify("carol", "new"), { kind: "user", name: "carol" });
  assertEquals(world.reloads, [true]);
});

Deno.test("an edit of the file takes effect without anybody asking", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" }, { interval: 5 });
  assertEquals(await world.identify("alice", "secret"), ALICE);
  await world.write("# nobody\n");
  await world.until(
    "alice is refused",
    async () => (await world.identify("alice", "secret")).kind === "wrong",
  );
});

Deno.test("a user who is not changed by an edit of the file is not checked again", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  assertEquals(await world.identify("alice", "secret"), ALICE);
  await world.write(`${await world.content()}bob:${await world.hash("x")}\n`);
  await world.read();
  assertEquals(world.identify("alice", "secret"), ALICE);
});

Deno.test("a user who is removed during the check is not let in", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  world.hold();
  const asked = world.identify("alice", "secret");
  await world.users({ bob: "secret" });
  world.release();
  assertEquals(await asked, WRONG);
  assertEquals(await world.identify("alice", "secret"), WRONG);
});

Deno.test("a password that is changed during the check is checked against the new one", async () => {
  await using world = await HtpasswdWorld.open({ alice: "old" });
  world.hold();
  const [old, fresh] = [world.identify("alice", "old"), world.identify("alice", "new")];
  await world.users({ alice: "new" });
  world.release();
  assertEquals(await old, WRONG);
  assertEquals(await fresh, ALICE);
});

Deno.test("when too many wait the caller is told when to come back, and nothing is remembered", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  world.isBusy = true;
  assertEquals(await world.identify("alice", "secret"), { kind: "busy", retryAfter: 7 });
  world.isBusy = false;
  assertEquals(await world.identify("alice", "secret"), ALICE);
  assertEquals(world.outcomes, ["refused", "checked"]);
});

Deno.test("checks take the share of their network", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  await world.identify("alice", "1", "192.0.2.1");
  await world.identify("alice", "2", "2001:db8::1");
  await world.identify("alice", "3", "2001:db8::ffff");
  assertEquals(world.owners, ["192.0.2.1", "2001:db8:0:0::/64", "2001:db8:0:0::/64"]);
});

Deno.test("a flood of guesses is bounded, and who is known is let in at once meanwhile", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret", bob: "secret" });
  const pool = new BcryptPool({ size: 1, logger: world.log });
  world.pool = pool;
  try {
    assertEquals(await world.identify("alice", "secret"), ALICE);
    const guesses = Array.from(
      { length: 500 },
      (_, index) => world.identify("alice", `${index}`, "192.0.2.1"),
    );
    assertEquals(world.identify("alice", "secret", "192.0.2.1"), ALICE);
    // from another address
    const bob = world.identify("bob", "secret", "192.0.2.2");
    const kinds = (await Promise.all(guesses)).map(({ kind }) => kind);
    assertEquals(await bob, { kind: "user", name: "bob" });
    // one runs, and of the 32 that wait one made room for bob
    assertEquals(kinds.filter((kind) => kind === "wrong").length, 32);
    assertEquals(kinds.filter((kind) => kind === "busy").length, 468);
  } finally {
    pool.close();
  }
});

Deno.test("a file that is broken or removed later leaves the old users in force, with a line and a count", async () => {
  await using world = await HtpasswdWorld.open({ alice: "secret" });
  await world.write("alice:plain\n");
  await world.read();
  assertEquals(await world.identify("alice", "secret"), ALICE);
  await Deno.remove(world.path);
  await world.read();
  assertEquals(world.identify("alice", "secret"), ALICE);
  assertEquals(world.reloads, [false, false]);
  assertStringIncludes(
    world.log.lines[0] ?? "",
    `stays in force: ${world.path}:1: "alice" has a plain`,
  );
  assertStringIncludes(world.log.lines[1] ?? "", "there is no such file");
});

Deno.test("a file that is broken at the start is an error that names its line", async () => {
  const open = async (content: string) => {
    await using world = await HtpasswdWorld.openWith(content);
    await world.read();
  };
  const error = await assertRejects(() => open("# users\nalice:plain\n"), Error, ":2: ");
  assertEquals(error.message.includes("plain\n"), false);
});

Deno.test("a missing file is made as distribution makes it, with a password that the log shows once", async () => {
  await using world = await HtpasswdWorld.openWith(undefined);
  const content = await world.content();
  assertMatch(content, /^docker:\$2y\$10\$[./A-Za-z0-9]{53}\n$/);
  const [line = "", ...others] = world.log.lines;
  assertEquals(others, []);
  const password = /"password":"([\w-]{43})"/.exec(line)?.[1] ?? "";
  assertEquals(
    line,
    `warn htpasswd is missing, provisioning with default user {"user":"docker","password":"${password}"}`,
  );
  assertEquals(isPassword(password, content.trim().slice("docker:".length)), true);
  const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assertEquals(await modeOf(world.path), 0o600);
  assertEquals(await modeOf(world.path.slice(0, world.path.lastIndexOf("/"))), 0o700);
});

Deno.test("the password of a file that was made is shown at any level of the log", async () => {
  const logger = new RecordedLog(["error"]);
  await using _world = await HtpasswdWorld.openWith(undefined, { logger });
  assertEquals(logger.lines.length, 1);
  assertMatch(logger.lines[0] ?? "", /^error .*"password":"[\w-]{43}"/);
});

Deno.test("a missing file that cannot be made is an error that tells what to do", async () => {
  const error = await assertRejects(() => HtpasswdWorld.openAt("/proc/none/htpasswd"), Error);
  assertStringIncludes(
    error.message,
    "Cannot make the htpasswd file /proc/none/htpasswd, which is",
  );
  assertStringIncludes(error.message, "Make it by: berth htpasswd -Bc FILE USER");
});

Deno.test("the challenge quotes the realm as Go does", async () => {
  const challengeFor = async (realm: string) => {
    await using world = await HtpasswdWorld.open({}, { realm });
    return world.htpasswd.challenge;
  };
  assertEquals(await challengeFor("basic-realm"), 'Basic realm="basic-realm"');
  assertEquals(await challengeFor(""), 'Basic realm=""');
  assertEquals(await challengeFor('a"b\\c\n\x7f'), 'Basic realm="a\\"b\\\\c\\n\\x7f"');
  // bytes of UTF-8
  assertEquals(await challengeFor("é"), 'Basic realm="\xc3\xa9"');
});

Deno.test("no password and no hash reaches the log or an error", async () => {
  const secrets = ["CANARY-password", "CANARY-guess", "CANARY-plain"];
  await using world = await HtpasswdWorld.open({ alice: "CANARY-password" });
  const hash = (await world.content()).trim().slice("alice:".length);
  await world.identify("alice", "CANARY-password");
  await world.identify("alice", "CANARY-guess");
  world.isBusy = true;
  await world.identify("alice", "CANARY-guess 2");
  const broken = [
    `CANARY-plain\n`,
    `bob:CANARY-plain\n`,
    `bob:${hash}x\n`,
    `bob:${hash.replace("$04$", "$20$")}\n`,
  ];
  for (const content of broken) {
    await world.write(content);
    await world.read();
  }
  await world.users({ bob: "CANARY-password" });
  assertEquals(world.log.lines.length, 5);
  const told = world.log.lines.join("\n");
  for (const secret of [...secrets, hash, hash.slice(7), hash.slice(29)]) {
    assertEquals(told.includes(secret), false);
  }
});
