// goals.md R18: every route with every method, for every kind of caller, in every mode. And what a caller may not see, byte for byte.
import { assert, assertEquals } from "@std/assert";
import { ROUTE_TABLE } from "../../src/api/route_table.ts";
import type { RouteKind } from "../../src/api/route.ts";
import { answer, fakeApi } from "../support/api.ts";
import { name, tag, utf8 } from "../support/content.ts";
import type { FakeExchange } from "../support/fake_exchange.ts";
import { FakeRegistry, sha256 } from "../support/fake_registry.ts";
import type { Caller } from "./authorization_caller.ts";
import { withCallers } from "./authorization_callers.ts";
import {
  expectationOf,
  EXPECTED,
  expected,
  type Mode,
  type Probe,
} from "./authorization_policy.ts";

const BODY = "hello";
const BLOB = sha256(BODY);
const MANIFEST = sha256("{}");
const SECRET = sha256("secret");

/** At least one of each route; a route without one does not compile. */
const PROBES: { readonly [K in RouteKind]: readonly Omit<Probe, "kind">[] } = {
  ping: [{ target: "/v2/" }],
  catalog: [{ target: "/v2/_catalog" }],
  tags: [{ target: "/v2/team/app/tags/list" }],
  manifest: [
    { target: "/v2/team/app/manifests/t" },
    { target: `/v2/team/app/manifests/${MANIFEST}` },
  ],
  blob: [{ target: `/v2/team/app/blobs/${BLOB}` }],
  uploadStart: [
    { target: "/v2/team/app/blobs/uploads/" },
    {
      target: `/v2/team/app/blobs/uploads/?mount=${SECRET}&from=secret/app`,
      source: "secret/app",
      mounted: "201",
    },
    { target: `/v2/team/app/blobs/uploads/?mount=${SECRET}`, mounted: "201" },
  ],
  upload: [{ target: `/v2/team/app/blobs/uploads/upload-0?digest=${BLOB}` }],
  referrers: [{ target: `/v2/team/app/referrers/${MANIFEST}` }],
};

const METHODS = [
  ...["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
  ...["CONNECT", "PURGE", "TRACE", "anyMethod", "constructor", "get", "*"],
];

const MODES: Readonly<Record<string, Mode>> = {
  normal: { deleteEnabled: true, readOnly: false },
  "without deletes": { deleteEnabled: false, readOnly: false },
  "read-only": { deleteEnabled: true, readOnly: true },
  "read-only, without deletes": { deleteEnabled: false, readOnly: true },
};

async function fill(registry: FakeRegistry): Promise<void> {
  const app = registry.repository(name("team/app"));
  app.blobs.add(BODY);
  await app.blobs.startUpload();
  await app.manifests.put({ bytes: utf8("{}"), contentType: "x/y", tags: [tag("t")] });
  const secret = registry.repository(name("secret/app"));
  secret.blobs.add("secret");
  await secret.manifests.put({ bytes: utf8("{}"), contentType: "x/y", tags: [tag("t")] });
}

interface Attempt {
  readonly got: FakeExchange;
  readonly content: string;
}

/** One request to a registry of its own, which holds everything or nothing. */
async function attempt(
  caller: Caller,
  probe: Probe,
  method: string,
  mode: Mode,
  isFull: boolean,
): Promise<Attempt> {
  const { api, registry } = fakeApi({
    access: caller.access,
    deleteEnabled: mode.deleteEnabled,
    readOnly: { isOn: mode.readOnly },
  });
  if (isFull) await fill(registry);
  const { authorization } = caller;
  const got = await answer(api, {
    method,
    target: probe.target,
    headers: authorization === undefined ? {} : { authorization },
    ...(/GET|HEAD/.test(method) ? {} : { body: BODY }),
  });
  return { got, content: contentOf(registry) };
}

/** What a registry holds, in words that compare. */
function contentOf(registry: FakeRegistry): string {
  return [...registry.content.values()].map(({ name, blobs, manifests }) =>
    [
      name,
      [...blobs.stored.keys()],
      [...blobs.uploads].map(([id, { offset }]) => [id, offset]),
      [...manifests.stored.keys()],
      [...manifests.tags],
    ].join(" ")
  ).filter((line) => /sha256|upload/.test(line)).join("\n");
}

function outcomeOf(got: FakeExchange): string {
  const isError = got.text.startsWith('{"errors"');
  const parts = [
    String(got.status),
    isError ? JSON.parse(got.text).errors[0].code : undefined,
    got.got("www-authenticate"),
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** Everything of an answer. */
function wholeOf(got: FakeExchange): unknown {
  return [got.status, [...got.answered].sort(), got.text];
}

Deno.test("what is expected is written down for each route and method of the table, and no other", () => {
  for (const [kind, methods] of Object.entries(ROUTE_TABLE)) {
    const listed = Object.keys(methods).map((method) => method === "anyMethod" ? "*" : method);
    assertEquals(Object.keys(EXPECTED[kind as RouteKind]).sort(), listed.sort(), kind);
    assert(PROBES[kind as RouteKind].length > 0);
  }
  assertEquals(Object.keys(EXPECTED).sort(), Object.keys(ROUTE_TABLE).sort());
});

for (const [label, mode] of Object.entries(MODES)) {
  Deno.test(`every method of every route answers every caller as it should (${label})`, async () => {
    await withCallers(async (callers) => {
      const wrong: string[] = [];
      for (const caller of callers) wrong.push(...await checkCaller(caller, mode));
      assertEquals(wrong, []);
    });
  });
}

/** @returns what was answered otherwise than expected */
async function checkCaller(caller: Caller, mode: Mode): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const kind of Object.keys(PROBES) as RouteKind[]) {
    for (const probe of PROBES[kind].map((probe): Probe => ({ ...probe, kind }))) {
      for (const method of METHODS) {
        const cell = `${caller.label}: ${method} ${probe.target}`;
        const wanted = expected(probe, method, caller, mode);
        const { got, content } = await attempt(caller, probe, method, mode, true);
        const seen = outcomeOf(got);
        if (seen !== wanted) wrong.push(`${cell}: expected ${wanted}, got ${seen}`);
        if (!isRefusal(caller, probe, method, mode)) continue;
        const empty = await attempt(caller, probe, method, mode, false);
        assertEquals(wholeOf(got), wholeOf(empty.got), `${cell} tells what is there`);
        assertEquals(got.bodyTaken, false, `${cell} asks for the body`);
        assertEquals(
          [content, empty.content],
          [await untouched(), ""],
          `${cell} changes something`,
        );
      }
    }
  }
  return wrong;
}

async function untouched(): Promise<string> {
  const registry = new FakeRegistry();
  await fill(registry);
  return contentOf(registry);
}

/** Whether the caller isn't let in, or the method isn't there for it. */
function isRefusal(caller: Caller, probe: Probe, method: string, mode: Mode): boolean {
  if (method === "OPTIONS" || probe.kind === "ping") return true;
  const needs = expectationOf(probe.kind, method)?.needs;
  if (needs === undefined || !caller.may.has(needs)) return true;
  if (needs === "delete" && !mode.deleteEnabled) return true;
  return mode.readOnly && (needs === "push" || needs === "delete");
}

Deno.test("the catalog shows what its caller may pull, to a token for it everything", async () => {
  const shown: Record<string, string> = {};
  await withCallers(async (callers) => {
    for (const caller of callers) {
      if (!caller.may.has("catalog")) continue;
      const probe: Probe = { kind: "catalog", target: "/v2/_catalog" };
      const { got } = await attempt(caller, probe, "GET", MODES.normal as Mode, true);
      shown[caller.label] = JSON.parse(got.text).repositories.join(" ");
    }
  });
  const all = "secret/app team/app";
  assertEquals(shown, {
    "lister (rules)": "",
    "admin (rules)": all,
    "a user (users)": all,
    "nobody (no authentication)": all,
    "a token for catalog": all,
    "a token for everything": all,
  });
});
