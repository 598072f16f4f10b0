import { assert, assertEquals } from "@std/assert";
import type { Access, AccessController, Decision } from "../../../src/auth/access_controller.ts";
import type { AccessRule } from "../../../src/auth/rules/rulebook.ts";
import { byRules } from "../../../src/auth/rules/rules.ts";
import { CHALLENGE, credentialsOf, FakeUsers } from "../../support/fake_users.ts";

const RULES: readonly AccessRule[] = [
  { repositories: ["public/**"], users: ["anonymous"], actions: ["pull"] },
  { repositories: ["**"], users: ["admin"], actions: ["pull", "push", "delete", "catalog"] },
  { repositories: ["team/**"], users: ["alice", "dev-*"], actions: ["pull", "push"] },
  { repositories: ["shared/*"], users: ["authenticated"], actions: ["pull"] },
  { repositories: ["drop/box"], users: ["robot"], actions: ["push"] },
];

/** Asks for `pull team/app`, `push x` (with pull, as the API does), `ping`, several joined by ", ". */
function asks(text: string): readonly Access[] {
  return text.split(", ").flatMap((part): Access[] => {
    const [action = "", repository] = part.split(" ");
    if (action === "ping" || action === "catalog") return [{ action }];
    assert(repository !== undefined);
    if (action === "push") return [{ action: "pull", repository }, { action, repository }];
    assert(action === "pull" || action === "delete");
    return [{ action, repository }];
  });
}

function decide(access: AccessController, caller: string, text: string): Decision {
  const authorization = caller === "nobody"
    ? undefined
    : caller === "Busy" || caller === "Wrong"
    ? caller
    : `User ${caller}`;
  const decision = access.authorize(credentialsOf(authorization), asks(text));
  assert(!(decision instanceof Promise), "it waits for nothing");
  return decision;
}

const outcome = (decision: Decision) => decision.granted ? 200 : decision.status;

const CASES: readonly (readonly [asked: string, outcomes: Readonly<Record<string, number>>])[] = [
  ["ping", { nobody: 401, Wrong: 401, Busy: 429, stranger: 200, admin: 200, robot: 200 }],
  ["catalog", { nobody: 401, Wrong: 401, Busy: 429, stranger: 403, alice: 403, admin: 200 }],
  ["pull public/a", { nobody: 200, Wrong: 401, Busy: 429, stranger: 200, alice: 200, admin: 200 }],
  ["push public/a", { nobody: 401, Wrong: 401, stranger: 403, alice: 403, admin: 200 }],
  ["delete public/a", { nobody: 401, stranger: 403, admin: 200 }],
  ["pull team/a/b", { nobody: 401, stranger: 404, alice: 200, "dev-1": 200, dev: 404, admin: 200 }],
  ["push team/a", { nobody: 401, stranger: 403, alice: 200, "dev-1": 200, admin: 200 }],
  ["delete team/a", { nobody: 401, alice: 403, "dev-1": 403, admin: 200 }],
  ["pull shared/a", { nobody: 401, stranger: 200, robot: 200, admin: 200 }],
  ["pull shared/a/b", { nobody: 401, stranger: 404, robot: 404, admin: 200 }],
  // the right to push is enough to push
  ["push drop/box", { nobody: 401, stranger: 403, robot: 200, admin: 200 }],
  ["pull drop/box", { nobody: 401, stranger: 404, robot: 404, admin: 200 }],
  ["push drop/box2", { robot: 403 }],
  // a mount's source beside it
  ["push team/a, pull shared/a", { nobody: 401, alice: 200 }],
  ["push team/a, pull drop/box", { nobody: 401, alice: 404, stranger: 403 }],
  ["pull Team/a", { alice: 404 }],
];

for (const [asked, outcomes] of CASES) {
  Deno.test(`byRules() decides on ${asked}`, () => {
    const access = byRules(RULES, new FakeUsers());
    for (const [caller, expected] of Object.entries(outcomes)) {
      const decision = decide(access, caller, asked);
      assertEquals(outcome(decision), expected, caller);
      if (decision.granted) continue;
      assertEquals(decision.challenge, expected === 401 ? CHALLENGE : undefined, caller);
      const isUser = expected === 403 || expected === 404;
      assertEquals(decision.user, isUser ? caller : undefined, caller);
    }
  });
}

Deno.test("without users, rules for anonymous grant, credentials don't matter, the rest is 403", () => {
  const access = byRules(RULES, undefined);
  for (const caller of ["nobody", "Wrong", "admin"]) {
    assertEquals(decide(access, caller, "ping"), { granted: true, ...pulls(access, caller) });
    assertEquals(outcome(decide(access, caller, "pull public/a")), 200);
    for (const asked of ["pull team/a", "push public/a", "delete public/a", "catalog"]) {
      assertEquals(decide(access, caller, asked), { granted: false, status: 403 });
    }
  }
});

/** The functions of a grant, which compare by identity. */
function pulls(access: AccessController, caller: string) {
  const grant = decide(access, caller, "ping");
  assert(grant.granted && grant.mayPull && grant.sight);
  return { mayPull: grant.mayPull, sight: grant.sight };
}

Deno.test("no rules grant nobody anything, but /v2/ to users", () => {
  const access = byRules([], new FakeUsers());
  assertEquals(outcome(decide(access, "alice", "ping")), 200);
  assertEquals(outcome(decide(access, "alice", "pull r")), 404);
  assertEquals(outcome(decide(access, "nobody", "pull r")), 401);
});

Deno.test("whoever logs in can do no less than without", () => {
  const access = byRules(RULES, new FakeUsers());
  for (const asked of ["pull public/a", "pull public/a/b"]) {
    assertEquals(outcome(decide(access, "nobody", asked)), 200);
    for (const caller of ["stranger", "robot", "anonymous", "authenticated"]) {
      assertEquals(outcome(decide(access, caller, asked)), 200);
    }
  }
});

Deno.test("a user who is called like a keyword gets nothing of it", () => {
  const rules: AccessRule[] = [
    { repositories: ["a"], users: ["authenticated"], actions: ["pull"] },
    { repositories: ["b"], users: ["alice"], actions: ["pull"] },
  ];
  const access = byRules(rules, new FakeUsers());
  for (const caller of ["authenticated", "anonymous", "**", "*", "ali*"]) {
    assertEquals(outcome(decide(access, caller, "pull a")), 200);
    assertEquals(outcome(decide(access, caller, "pull b")), 404);
  }
});

Deno.test("a grant says what else its caller may pull", () => {
  const access = byRules(RULES, new FakeUsers());
  const seen = (caller: string) => {
    const grant = decide(access, caller, "ping");
    assert(grant.granted);
    const names = ["public/x", "team/x", "shared/x", "drop/box", "x"];
    const listed = names.filter((name) => grant.sight?.sees(name) ?? true);
    assertEquals(names.filter((name) => grant.mayPull?.(name) ?? true), listed);
    return listed.join(" ");
  };
  assertEquals(seen("stranger"), "public/x shared/x");
  assertEquals(seen("alice"), "public/x team/x shared/x");
  assertEquals(seen("robot"), "public/x shared/x");
  assertEquals(seen("admin"), "public/x team/x shared/x drop/box x");
  const grant = decide(access, "alice", "ping");
  assert(grant.granted);
  const below = ["team", "team/a", "shared", "shared/a", "drop", "x"];
  assertEquals(below.filter((folder) => grant.sight?.seesBelow(folder)), [
    "team",
    "team/a",
    "shared",
  ]);
  assertEquals(decide(access, "admin", "ping"), { granted: true, user: "admin" });
});

Deno.test("tens of thousands of names leave a bounded trace, and the answers right", () => {
  const access = byRules(RULES, new FakeUsers());
  for (let i = 0; i < 30_000; i++) {
    assertEquals(outcome(decide(access, "alice", `pull team/r${i}`)), 200);
    assertEquals(outcome(decide(access, `user-${i}`, `pull other/r${i}`)), 404);
  }
  assertEquals(outcome(decide(access, "alice", "pull team/r0")), 200);
  assertEquals(outcome(decide(access, "user-0", "pull team/r0")), 404);
});

Deno.test("byRules() waits for an authenticator that takes its time, and asks it once", async () => {
  const users = new FakeUsers(true);
  const access = byRules(RULES, users);
  const decision = access.authorize(credentialsOf("User alice"), asks("push team/a"));
  assert(decision instanceof Promise);
  assertEquals(outcome(await decision), 200);
  assertEquals(users.asked, 1);
});

Deno.test("byRules() hands on reload() and close(), and has neither to do without users", async () => {
  const users = new FakeUsers();
  for (const access of [byRules(RULES, users), byRules(RULES, undefined)]) {
    await access.reload?.();
    await access.close?.();
  }
  assertEquals([users.reloads, users.closed], [1, 1]);
});

Deno.test("a failing authenticator grants nothing", async () => {
  const access = byRules(RULES, {
    challenge: CHALLENGE,
    identify: () => Promise.reject(new Error("worker gone")),
  });
  const asked = access.authorize(credentialsOf(), asks("pull public/a"));
  assertEquals(await Promise.resolve(asked).catch((error) => error.message), "worker gone");
});
