import { assert, assertEquals } from "@std/assert";
import type { Access, AccessController } from "../../../src/auth/access_controller.ts";
import type { AccessRule } from "../../../src/auth/rules/rulebook.ts";
import { byRules } from "../../../src/auth/rules/rules.ts";
import { CHALLENGE, credentialsOf, FakeUsers } from "../../support/fake_users.ts";

const OPEN: AccessRule = { repositories: ["pub/*"], users: ["anonymous"], actions: ["pull"] };
const TEAM: AccessRule = { repositories: ["team/*"], users: ["alice"], actions: ["pull", "push"] };
const REALM = "https://berth.test/v2/_token";
const NOBODY = btoa(":");
const ALICE = btoa("alice:right");

const PING: readonly Access[] = [{ action: "ping" }];
const pull = (repository: string): readonly Access[] => [{ action: "pull", repository }];

function open(users = new FakeUsers(), rules = [OPEN, TEAM]): AccessController {
  return byRules(rules, users, () => REALM);
}

async function outcome(
  access: AccessController,
  authorization: string | undefined,
  accesses: readonly Access[],
): Promise<number | string> {
  const decision = await access.authorize(credentialsOf(authorization), accesses);
  return decision.granted ? decision.user ?? "nobody" : decision.status;
}

async function challengeOf(
  access: AccessController,
  authorization: string | undefined,
  accesses: readonly Access[],
): Promise<string | undefined> {
  const decision = await access.authorize(credentialsOf(authorization), accesses);
  assert(!decision.granted);
  return decision.challenge;
}

const BEARER = `Bearer realm="${REALM}",service="berth"`;

Deno.test("where anybody may pull, the challenge is one that docker can answer without a password", async () => {
  for (const users of [new FakeUsers(), new FakeUsers(true)]) {
    const access = open(users);
    assertEquals(await challengeOf(access, undefined, PING), BEARER);
    assertEquals(
      await challengeOf(access, undefined, pull("team/a")),
      `${BEARER},scope="repository:team/a:pull"`,
    );
    assertEquals(
      await challengeOf(access, `Bearer ${NOBODY}`, pull("team/a")),
      `${BEARER},scope="repository:team/a:pull",error="insufficient_scope"`,
    );
    assertEquals(
      await challengeOf(access, `Bearer ${btoa("alice:old")}`, PING),
      `${BEARER},error="invalid_token"`,
    );
    assertEquals(await challengeOf(access, `Basic ${btoa("alice:old")}`, PING), BEARER);
  }
});

Deno.test("a token opens what its password opens, and a password still does", async () => {
  const access = open();
  for (const scheme of ["Bearer", "bearer", "Basic"]) {
    assertEquals(await outcome(access, `${scheme} ${ALICE}`, PING), "alice");
    assertEquals(await outcome(access, `${scheme} ${ALICE}`, pull("team/a")), "alice");
    assertEquals(await outcome(access, `${scheme} ${ALICE}`, pull("other")), 404);
    assertEquals(await outcome(access, `${scheme} ${ALICE}`, pull("pub/a")), "alice");
  }
});

Deno.test("the token of nobody opens what everybody may, and passes /v2/", async () => {
  const access = open();
  assertEquals(await outcome(access, `Bearer ${NOBODY}`, PING), "nobody");
  assertEquals(await outcome(access, `Bearer ${NOBODY}`, pull("pub/a")), "nobody");
  assertEquals(await outcome(access, `Bearer ${NOBODY}`, pull("team/a")), 401);
  // without having asked for a token, nobody is sent for one
  assertEquals(await outcome(access, undefined, PING), 401);
  assertEquals(await outcome(access, `Basic ${NOBODY}`, PING), 401);
  assertEquals(await outcome(access, undefined, pull("pub/a")), "nobody");
});

Deno.test("whatever else is sent as a token is wrong", async () => {
  const access = open();
  for (const token of ["x", "", " ", "a.b.c", btoa("alice"), btoa("alice:"), `${ALICE}=`, "é"]) {
    for (const accesses of [PING, pull("pub/a"), pull("team/a")]) {
      assertEquals(await outcome(access, `Bearer ${token}`, accesses), 401, token);
    }
  }
  assertEquals(await outcome(access, "Busy", PING), 429);
});

Deno.test("issueToken() gives a user the token of its password, and nobody that of nobody", async () => {
  const access = open();
  const issue = (authorization?: string) => access.issueToken?.(credentialsOf(authorization));
  assertEquals(await issue(), { text: NOBODY, expiresIn: 300 });
  assertEquals(await issue(`Basic ${NOBODY}`), { text: NOBODY, expiresIn: 300 });
  assertEquals(await issue(`Basic ${ALICE}`), { text: ALICE, expiresIn: 300, user: "alice" });
  const refused = { granted: false, status: 401, challenge: CHALLENGE } as const;
  assertEquals(await issue(`Basic ${btoa("alice:old")}`), refused);
  assertEquals(await issue("nonsense"), refused);
  const busy = await issue("Busy");
  assert(busy !== undefined && "status" in busy);
  assertEquals([busy.status, busy.retryAfter], [429, 7]);
});

Deno.test("a token ends with its password", async () => {
  let password = "right";
  const access = byRules([OPEN, TEAM], {
    challenge: CHALLENGE,
    identify: (credentials) =>
      credentials.header("authorization") === `Basic ${btoa(`alice:${password}`)}`
        ? { kind: "user", name: "alice" }
        : { kind: "wrong" },
  }, () => REALM);
  const issued = await access.issueToken?.(credentialsOf(`Basic ${ALICE}`));
  assert(issued && "text" in issued);
  assertEquals(await outcome(access, `Bearer ${issued.text}`, pull("team/a")), "alice");
  password = "another";
  assertEquals(await outcome(access, `Bearer ${issued.text}`, pull("team/a")), 401);
});

Deno.test("there are no tokens where nobody may do anything without a password", async () => {
  const closed = [
    open(new FakeUsers(), [TEAM]),
    byRules([OPEN, TEAM], new FakeUsers()),
    byRules([OPEN, TEAM], undefined, () => REALM),
  ];
  for (const access of closed) assertEquals(access.issueToken, undefined);
  const [ruled] = closed;
  assert(ruled);
  assertEquals(await challengeOf(ruled, undefined, PING), CHALLENGE);
  assertEquals(await outcome(ruled, `Bearer ${ALICE}`, PING), 401);
});

Deno.test("a client whose way here isn't known is challenged for its password", async () => {
  const access = byRules([OPEN], new FakeUsers(), () => undefined);
  assertEquals(await challengeOf(access, undefined, PING), CHALLENGE);
});

Deno.test("reload() and close() go through", async () => {
  const users = new FakeUsers();
  const access = open(users);
  await access.reload?.();
  await access.close?.();
  assertEquals([users.reloads, users.closed], [1, 1]);
});
