import { assertEquals } from "@std/assert";
import { byRules } from "../../src/auth/rules/rules.ts";
import { answer, codeOf, fakeApi } from "../support/api.ts";
import { CHALLENGE, FakeUsers } from "../support/fake_users.ts";

const OPEN = [{ repositories: ["**"], users: ["anonymous"], actions: ["pull"] }] as const;
const PATH = "/v2/_token";

function desk(headers = {}) {
  const access = byRules(OPEN, new FakeUsers(), () => `http://test${PATH}`);
  return fakeApi({ access, headers });
}

const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });

Deno.test("a token is handed out to users and to nobody, and kept by no cache", async () => {
  const { api } = desk();
  for (const [text, headers] of [["alice:right", basic("alice:right")], [":", {}]] as const) {
    const target = `${PATH}?account=a&scope=repository%3Ar%3Apull&service=berth&offline_token=true`;
    const got = await answer(api, { target, headers });
    assertEquals(got.status, 200);
    assertEquals(JSON.parse(got.text), {
      token: btoa(text),
      access_token: btoa(text),
      expires_in: 300,
    });
    assertEquals(got.got("content-type"), "application/json");
    assertEquals(got.got("cache-control"), "no-store");
    assertEquals(got.got("docker-distribution-api-version"), "registry/2.0");
  }
});

Deno.test("a wrong password gets no token, and neither does one of too many", async () => {
  const { api } = desk();
  const wrong = await answer(api, { target: PATH, headers: basic("alice:old") });
  assertEquals([wrong.status, codeOf(wrong)], [401, "UNAUTHORIZED"]);
  assertEquals(wrong.got("www-authenticate"), CHALLENGE);
  assertEquals(JSON.parse(wrong.text).errors[0].detail, null);
  const busy = await answer(api, { target: PATH, headers: { authorization: "Busy" } });
  assertEquals([busy.status, busy.got("retry-after")], [429, "7"]);
});

Deno.test("the log has the user and nothing of the token", async () => {
  const { api } = desk();
  const got = await answer(api, { target: PATH, headers: basic("alice:right") });
  assertEquals(got.notes, { "auth.user.name": "alice" });
  assertEquals(got.resource, undefined);
});

Deno.test("clients that POST first are told to GET, and nothing is read", async () => {
  const { api } = desk();
  for (const method of ["POST", "PUT", "HEAD", "DELETE", "get"]) {
    const got = await answer(api, { method, target: PATH, body: "grant_type=password" });
    assertEquals([got.status, got.got("allow"), got.bodyTaken], [405, "GET", false]);
  }
});

Deno.test("a page of another origin may fetch a token", async () => {
  const { api } = desk({ "Access-Control-Allow-Origin": ["http://ui.test"] });
  for (const method of ["OPTIONS", "GET"]) {
    const got = await answer(api, { method, target: PATH, headers: { origin: "http://ui.test" } });
    assertEquals([got.status, got.got("access-control-allow-origin")], [200, "http://ui.test"]);
  }
});

Deno.test("where no tokens are handed out, there is nothing", async () => {
  const { api } = fakeApi({ headers: { "X-One": ["a"] } });
  for (const method of ["GET", "POST", "OPTIONS"]) {
    const got = await answer(api, { method, target: PATH });
    assertEquals([got.status, got.text], [404, "404 page not found\n"]);
    assertEquals(got.got("x-one"), undefined);
  }
});

Deno.test("tokens are handed out under a prefix too", async () => {
  const access = byRules(OPEN, new FakeUsers(), () => `http://test/x${PATH}`);
  const { api } = fakeApi({ access, prefix: "/x/" });
  assertEquals((await answer(api, `/x${PATH}`)).status, 200);
  assertEquals((await answer(api, PATH)).status, 404);
});
