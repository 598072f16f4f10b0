import { assertEquals } from "@std/assert";
import { parseDigest } from "../../src/oci/digest.ts";
import { type Script, type ScriptedAnswer, ScriptedServer } from "../support/scripted_server.ts";
import { assertFails, repository, TestedUpstream } from "../support/tested_upstream.ts";

const app = repository("team/app");
const all = { limit: undefined, last: "" };
const subject = parseDigest(`sha256:${"a".repeat(64)}`);
const INDEX = "application/vnd.oci.image.index.v1+json";

async function scripted(
  script: Script | ScriptedAnswer,
  use: (tested: TestedUpstream, server: ScriptedServer) => Promise<void>,
  limits = {},
): Promise<void> {
  await using server = ScriptedServer.start(typeof script === "function" ? script : () => script);
  using tested = new TestedUpstream(server.url, { limits });
  await use(tested, server);
}

const TAGS = ["a", "b", "c", "d", "e"];

/** Pages by itself, with a relative or an absolute Link. */
function paging(link: (path: string, host: string) => string): Script {
  return ({ target, headers }) => {
    const { searchParams } = new URL(target, "http://x");
    const from = TAGS.findIndex((tag) => tag > (searchParams.get("last") ?? ""));
    const n = Math.min(2, Number(searchParams.get("n")));
    const page = from < 0 ? [] : TAGS.slice(from, from + n);
    const next = `/v2/team/app/tags/list?n=${n}&last=${page.at(-1)}`;
    return {
      headers: from >= 0 && from + n < TAGS.length
        ? { link: `<${link(next, headers.get("host") ?? "")}>; rel="next"` }
        : {},
      body: JSON.stringify({ name: "team/app", tags: page }),
    };
  };
}

for (
  const [what, link] of [
    ["relative", (path: string) => path],
    ["absolute", (path: string, host: string) => `http://${host}${path}`],
    ["a mere query", (path: string) => path.slice(path.indexOf("?"))],
  ] as const
) {
  Deno.test(`tags() follows pages whose Link is ${what}`, async () => {
    await scripted(paging(link), async ({ upstream }, server) => {
      assertEquals(await upstream.tags(app, all), { entries: TAGS, more: false } as unknown);
      assertEquals(server.asked[0], "GET /v2/team/app/tags/list?n=1000");
      assertEquals(server.requests.length, 3);
    });
  });
}

Deno.test("tags() gives as many as are wanted, and tells whether there are more", async () => {
  await scripted(paging((path) => path), async ({ upstream }) => {
    const page = async (limit: number, last = "") => {
      const found = await upstream.tags(app, { limit, last });
      return `${found?.entries.join("")} ${found?.more}`;
    };
    assertEquals(await page(0), " true");
    assertEquals(await page(1), "a true");
    assertEquals(await page(2), "ab true");
    assertEquals(await page(3), "abc true");
    assertEquals(await page(2, "b"), "cd true");
    assertEquals(await page(2, "c"), "de false");
    assertEquals(await page(9, "a"), "bcde false");
    assertEquals(await page(9, "e"), " false");
  });
});

Deno.test("tags() of an upstream that knows no pages are cut here", async () => {
  await scripted({ body: '{"tags":["c","a","b","a"]}' }, async ({ upstream }) => {
    const page = async (limit: number, last: string) => {
      const found = await upstream.tags(app, { limit, last });
      return `${found?.entries.join("")} ${found?.more}`;
    };
    assertEquals(await page(2, ""), "ab true");
    assertEquals(await page(2, "b"), "c false");
    assertEquals(await page(5, "b"), "c false");
    assertEquals(await page(5, "c"), " false");
    assertEquals(await page(5, "aa"), "bc false");
    assertEquals(await page(5, ""), "abc false");
  });
});

Deno.test("tags() leaves the order to an upstream that pages, which need not be that of bytes", async () => {
  await scripted({ body: '{"tags":["C","d"]}' }, async ({ upstream }) => {
    assertEquals((await upstream.tags(app, { limit: 5, last: "b" }))?.entries.join(""), "Cd");
  });
});

Deno.test("tags() leaves out what is no tag, and takes null for none", async () => {
  const tags = ["ok", "../x", "a b", "", 5, null, {}, "x".repeat(129), "-a", "v1"];
  await scripted({ body: JSON.stringify({ tags }) }, async ({ upstream }) => {
    assertEquals((await upstream.tags(app, all))?.entries as string[] | undefined, ["ok", "v1"]);
  });
  for (const body of ['{"tags":null}', "{}", '{"tags":"x"}']) {
    await scripted({ body }, async ({ upstream }) => {
      assertEquals(await upstream.tags(app, all), { entries: [], more: false });
    });
  }
  await scripted({ status: 404 }, async ({ upstream }) => {
    assertEquals(await upstream.tags(app, all), undefined);
  });
});

Deno.test("tags() goes to no other origin for the next page", async () => {
  for (
    const link of [
      "http://127.0.0.1:1/x",
      "//evil.example/x",
      "https://evil.example/v2/",
      "http://u:p@$HOST/x",
      "file:///etc/passwd",
    ]
  ) {
    const script: Script = ({ headers }) => ({
      headers: { link: `<${link.replace("$HOST", headers.get("host") ?? "")}>; rel="next"` },
      body: '{"tags":["a"]}',
    });
    await scripted(script, async ({ upstream }, server) => {
      await assertFails(() => upstream.tags(app, all), "lying", "at another origin");
      assertEquals(server.requests.length, 1);
    });
  }
});

Deno.test("lists without an end are given up", async () => {
  const script: Script = ({ number }) => ({
    headers: { link: `</v2/team/app/more?p=${number}>; rel="next"` },
    body: JSON.stringify({ tags: [`t${number}`], manifests: [] }),
  });
  await scripted(script, async ({ upstream }, server) => {
    await assertFails(() => upstream.tags(app, all), "lying", "more than 5 pages of tags");
    await assertFails(
      () => upstream.referrers(app, subject, undefined),
      "lying",
      "pages of referrers",
    );
    assertEquals(server.requests.length, 10);
  }, { pages: 5 });
  await scripted(script, async ({ upstream }) => {
    await assertFails(() => upstream.tags(app, all), "lying", "more than 3 of them");
  }, { entries: 3 });
  await scripted(
    { headers: { link: "<?n=1000>; rel=next" }, body: '{"tags":["a"]}' },
    async ({ upstream }) => {
      assertEquals(await upstream.tags(app, all), { entries: ["a"], more: false } as unknown);
    },
  );
});

Deno.test("lists that are no JSON, or too long, are refused", async () => {
  for (const body of ["<html>", "[]", `{"tags":["${"a".repeat(2_000)}"]}`]) {
    await scripted({ body }, async ({ upstream }) => {
      await assertFails(() => upstream.tags(app, all), "lying", "no JSON object, or longer");
    }, { page: 1_000 });
  }
  await scripted({ status: 400 }, async ({ upstream }) => {
    await assertFails(() => upstream.tags(app, all), "failing", "answered 400");
  });
});

const referrer = (letter: string, artifactType?: string) => ({
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: parseDigest(`sha256:${letter.repeat(64)}`),
  size: 5,
  ...(artifactType && { artifactType }),
});

Deno.test("referrers() come from the API, page by page, filtered whether or not upstream does", async () => {
  const script: Script = ({ target }) =>
    target.includes("page=2")
      ? { body: JSON.stringify({ manifests: [referrer("c", "a/sig")] }) }
      : {
        headers: { "content-type": INDEX, link: `<${target.split("?")[0]}?page=2>; rel="next"` },
        body: JSON.stringify({
          manifests: [referrer("b", "a/sbom"), referrer("d"), { digest: "x" }],
        }),
      };
  await scripted(script, async ({ upstream }, server) => {
    const found = await upstream.referrers(app, subject, "a/sig");
    assertEquals(found, [referrer("c", "a/sig")] as unknown);
    assertEquals(server.asked[0], `GET /v2/team/app/referrers/${subject}?artifactType=a%2Fsig`);
    assertEquals((await upstream.referrers(app, subject, undefined)).length, 3);
  });
});

for (
  const answer of [{ status: 404 }, { status: 400 }, { status: 405 }, { status: 501 }, {
    body: "<html>",
  }, { body: "{}" }]
) {
  Deno.test(`referrers() come from the fallback tag after ${answer.status ?? answer.body}`, async () => {
    const tag = `sha256-${"a".repeat(64)}`;
    const script: Script = ({ target }) =>
      target.includes("/referrers/") ? answer : {
        headers: { "content-type": INDEX },
        body: JSON.stringify({ manifests: [referrer("b", "a/sbom"), referrer("c", "a/sig")] }),
      };
    await scripted(script, async ({ upstream }, server) => {
      assertEquals(
        await upstream.referrers(app, subject, "a/sig"),
        [referrer("c", "a/sig")] as unknown,
      );
      assertEquals(server.asked[1], `GET /v2/team/app/manifests/${tag}`);
    });
  });
}

Deno.test("referrers() of what has none are none; those of a longer digest have a shorter tag", async () => {
  await scripted({ status: 404 }, async ({ upstream }, server) => {
    const sha512 = parseDigest(`sha512:${"ab".repeat(64)}`);
    assertEquals(await upstream.referrers(app, sha512, undefined), []);
    assertEquals(server.asked[1], `GET /v2/team/app/manifests/sha512-${"ab".repeat(32)}`);
  });
  await scripted({ status: 503 }, async ({ upstream }) => {
    await assertFails(() => upstream.referrers(app, subject, undefined), "failing", "answered 503");
  });
});
