import { anonymous } from "../../src/auth/anonymous.ts";
import { everyUser } from "../../src/auth/every_user.ts";
import type { AccessRule } from "../../src/auth/rules/rulebook.ts";
import { byRules } from "../../src/auth/rules/rules.ts";
import { CHALLENGE, FakeUsers } from "../support/fake_users.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ALL_RIGHTS, type Caller, NO_CREDENTIALS } from "./authorization_caller.ts";
import type { Outcome, Right } from "./authorization_policy.ts";
import { bearer, callersByToken } from "./authorization_tokens.ts";

const NOBODY_BUT_USERS = `401 UNAUTHORIZED ${CHALLENGE}`;

/** What rules answer to a user: what may not be pulled isn't there. */
function userRefusal(_scope: unknown, needs: Right | undefined): Outcome | "absent" {
  return needs === "pull" ? "absent" : "403 DENIED";
}

const RULES: readonly AccessRule[] = [
  { repositories: ["team/**"], users: ["puller"], actions: ["pull"] },
  { repositories: ["team/**"], users: ["pusher"], actions: ["pull", "push"] },
  { repositories: ["team/app"], users: ["robot"], actions: ["push"] },
  { repositories: ["team/*"], users: ["cleaner"], actions: ["pull", "delete"] },
  { repositories: ["**"], users: ["lister"], actions: ["catalog"] },
  { repositories: ["**"], users: ["admin"], actions: ["pull", "push", "delete", "catalog"] },
];

const RIGHTS: Readonly<Record<string, readonly Right[]>> = {
  puller: ["pull"],
  pusher: ["pull", "push"],
  robot: ["push"],
  cleaner: ["pull", "delete"],
  lister: ["catalog"],
  admin: ALL_RIGHTS,
  stranger: [],
};

function callersByRules(): Caller[] {
  const access = byRules(RULES, new FakeUsers());
  const refused = () => NOBODY_BUT_USERS;
  return [
    { label: "nobody (rules)", access, ...NO_CREDENTIALS, refused },
    {
      label: "wrong credentials (rules)",
      access,
      authorization: "Wrong",
      ...NO_CREDENTIALS,
      refused,
    },
    {
      label: "one of too many (rules)",
      access,
      authorization: "Busy",
      ...NO_CREDENTIALS,
      refused: () => "429 TOOMANYREQUESTS",
    },
    ...Object.entries(RIGHTS).map(([user, rights]) => ({
      label: `${user} (rules)`,
      access,
      authorization: `User ${user}`,
      isKnown: true,
      may: new Set(rights),
      mayMount: user === "admin",
      refused: userRefusal,
    })),
  ];
}

const ANYBODY_PULLS: AccessRule = {
  repositories: ["team/**"],
  users: ["anonymous"],
  actions: ["pull"],
};

function callersOfOpenRepositories(): Caller[] {
  const rules = [...RULES, ANYBODY_PULLS];
  const access = byRules(rules, new FakeUsers());
  const noUsers = byRules(rules, undefined);
  const may: ReadonlySet<Right> = new Set<Right>(["pull"]);
  const refused = () => NOBODY_BUT_USERS;
  const wrong = { ...NO_CREDENTIALS, authorization: "Wrong" };
  return [
    { label: "nobody (anybody pulls)", access, ...NO_CREDENTIALS, may, refused },
    { label: "wrong credentials (anybody pulls)", access, ...wrong, refused },
    {
      label: "stranger (anybody pulls)",
      access,
      authorization: "User stranger",
      isKnown: true,
      may,
      mayMount: false,
      refused: userRefusal,
    },
    {
      label: "nobody (anybody pulls, no users)",
      access: noUsers,
      isKnown: true,
      may,
      mayMount: false,
      refused: () => "403 DENIED",
    },
  ];
}

const DESK = "http://berth.test/v2/_token";

/** As of open repositories, by the tokens that clients are given there. */
function callersByPasswordToken(): Caller[] {
  const access = byRules([...RULES, ANYBODY_PULLS], new FakeUsers(), () => DESK);
  const may: ReadonlySet<Right> = new Set<Right>(["pull"]);
  const refused = (error?: string) => bearer(error, { realm: DESK, service: "berth" });
  return [
    {
      label: "nobody (tokens of passwords)",
      access,
      ...NO_CREDENTIALS,
      may,
      refused: refused(),
    },
    {
      label: "the token of nobody",
      access,
      authorization: `Bearer ${btoa(":")}`,
      isKnown: true,
      may,
      mayMount: false,
      refused: refused("insufficient_scope"),
    },
    {
      label: "the token of a wrong password",
      access,
      authorization: `Bearer ${btoa("admin:old")}`,
      ...NO_CREDENTIALS,
      refused: refused("invalid_token"),
    },
    {
      label: "a wrong password (tokens of passwords)",
      access,
      authorization: `Basic ${btoa("admin:old")}`,
      ...NO_CREDENTIALS,
      refused: refused(),
    },
    {
      label: "the token of a cleaner's password",
      access,
      authorization: `Bearer ${btoa("cleaner:right")}`,
      isKnown: true,
      may: new Set<Right>(["pull", "delete"]),
      mayMount: false,
      refused: userRefusal,
    },
  ];
}

function callersWithoutRules(): Caller[] {
  const access = everyUser(new FakeUsers());
  const all = { isKnown: true, may: new Set(ALL_RIGHTS), mayMount: true };
  const refused = () => NOBODY_BUT_USERS;
  const wrong = { ...NO_CREDENTIALS, authorization: "Wrong" };
  return [
    { label: "nobody (users)", access, ...NO_CREDENTIALS, refused },
    { label: "wrong credentials (users)", access, ...wrong, refused },
    { label: "a user (users)", access, authorization: "User alice", ...all, refused },
    { label: "nobody (no authentication)", access: anonymous, ...all, refused },
  ];
}

/** All of them, for as long as the work runs. */
export async function withCallers(work: (callers: readonly Caller[]) => Promise<void>) {
  await using folder = await TempFolder.make();
  const byToken = await callersByToken(folder);
  try {
    await work([
      ...callersByRules(),
      ...callersOfOpenRepositories(),
      ...callersByPasswordToken(),
      ...callersWithoutRules(),
      ...byToken,
    ]);
  } finally {
    await byToken[0]?.access.close?.();
  }
}
