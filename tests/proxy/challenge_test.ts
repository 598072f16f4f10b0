import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseChallenges } from "../../src/proxy/challenge.ts";

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters, token68 }) => ({
    scheme,
    ...Object.fromEntries(parameters),
    ...(token68 !== undefined && { token68 }),
  }));

const CASES: [string, unknown][] = [
  ["", []],
  ["Basic", [{ scheme: "basic" }]],
  ['Basic realm="a b"', [{ scheme: "basic", realm: "a b" }]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [{
      scheme: "bearer",
      realm: "https://auth.docker.io/token",
      service: "registry.docker.io",
      scope: "repository:a/b:pull,push",
    }],
  ],
  [
    'Basic realm="a", Bearer realm="https://r/t" , service = "s"',
    [{ scheme: "basic", realm: "a" }, { scheme: "bearer", realm: "https://r/t", service: "s" }],
  ],
  ["Negotiate, NTLM", [{ scheme: "negotiate" }, { scheme: "ntlm" }]],
  ['Negotiate abc/+==, Basic realm="x"', [
    { scheme: "negotiate", token68: "abc/+==" },
    { scheme: "basic", realm: "x" },
  ]],
  ['BEARER REALM=token, realm="second"', [{ scheme: "bearer", realm: "token" }]],
  ['Basic realm="a \\"quoted\\" \\\\ b, Bearer realm=\\"c\\""', [
    { scheme: "basic", realm: 'a "quoted" \\ b, Bearer realm="c"' },
  ]],
  ['realm="nobody\'s"', []],
  ['Basic realm="never closed', [{ scheme: "basic" }]],
  [", ,, Basic ,", [{ scheme: "basic" }]],
  ['@@@, Basic realm="x"', [{ scheme: "basic", realm: "x" }]],
];

for (const [header, expected] of CASES) {
  Deno.test(`parseChallenges() reads ${header || "nothing"}`, () => {
    assertEquals(read(header) as unknown, expected);
  });
}

Deno.test("parseChallenges() takes any text, and finds in it nothing that isn't there", () => {
  const pieces = fc.constantFrom(
    ..."Basic|Bearer|realm|=|\"|\\|,| |\t|x|==|é|\u0000|@|'|service".split("|"),
  );
  const hostile = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")),
  );
  fc.assert(fc.property(hostile, (header) => {
    for (const { scheme, parameters } of parseChallenges(header)) {
      assert(header.toLowerCase().includes(scheme));
      for (const name of parameters.keys()) assert(header.toLowerCase().includes(name));
    }
  }));
});

Deno.test("parseChallenges() reads back what was written, whatever stands in the quotes", () => {
  const text = fc.string();
  fc.assert(fc.property(text, text, (realm, service) => {
    const quoted = (value: string) => `"${value.replace(/["\\]/g, "\\$&")}"`;
    const header = `Basic realm="x", Bearer realm=${quoted(realm)},service=${quoted(service)}`;
    assertEquals(read(header)[1] as unknown, { scheme: "bearer", realm, service });
  }));
});

Deno.test("parseChallenges() passes over a header that is longer than any real one", () => {
  assertEquals(parseChallenges("Basic ".repeat(100_000)), []);
});
