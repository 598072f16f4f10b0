import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/async/clock.ts";
import { Catalog } from "../../src/registry/catalog.ts";
import { Folders } from "../../src/registry/folders.ts";
import { REPOSITORIES } from "../../src/registry/layout.ts";
import type { Sight } from "../../src/registry/registry.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { MemoryDriver } from "../../src/storage/memory.ts";
import { name } from "../support/content.ts";

const NAMES = ["a", "a/b", "a/b/c", "a-b", "b/c", "b/d/e", "c", "z"];

async function catalogOf(names: readonly string[]) {
  const driver = new MemoryDriver();
  for (const repository of names) {
    await driver.putContent(`${REPOSITORIES}/${repository}/_manifests/x`, new Uint8Array());
  }
  const listed: string[] = [];
  const watched: StorageDriver = new Proxy(driver, {
    get: (target, key) => {
      if (key === "list") {
        return (path: string) => {
          listed.push(path.slice(REPOSITORIES.length + 1));
          return target.list(path);
        };
      }
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const catalog = new Catalog(new Folders(watched, systemClock), "_manifests");
  return { catalog, listed };
}

function sightOf(...visible: readonly string[]): Sight {
  return {
    sees: (repository) => visible.includes(repository),
    seesBelow: (folder) => visible.some((repository) => repository.startsWith(`${folder}/`)),
  };
}

Deno.test("a listing is filled with what is to be seen, page by page", async () => {
  const visible = ["a/b/c", "a-b", "b/d/e", "z"];
  for (const sight of [sightOf(...visible), { ...sightOf(...visible), seesBelow: () => true }]) {
    const { catalog } = await catalogOf(NAMES);
    for (const limit of [1, 2, 3, 4, 9, undefined]) {
      const seen: string[] = [];
      for (let last = "", more = true; more;) {
        const page = await catalog.list({ limit, last }, sight);
        assert(limit === undefined || page.entries.length <= limit);
        assert(!page.more || page.entries.length === limit, "only the last page is short");
        seen.push(...page.entries);
        last = page.entries.at(-1) ?? "";
        more = page.more;
      }
      assertEquals(seen, visible);
    }
  }
});

Deno.test("a page may begin after what is not to be seen, or isn't there", async () => {
  const { catalog } = await catalogOf(NAMES);
  const sight = sightOf("a/b", "b/d/e", "z");
  const after = async (last: string): Promise<readonly string[]> =>
    (await catalog.list({ limit: 9, last }, sight)).entries;
  assertEquals(await after("a"), ["a/b", "b/d/e", "z"]);
  assertEquals(await after("a/b/c"), ["b/d/e", "z"]);
  assertEquals(await after("b/c"), ["b/d/e", "z"]);
  assertEquals(await after("b/zz"), ["z"]);
  assertEquals(await after("c"), ["z"]);
});

Deno.test("whoever sees nothing gets nothing, and no folder is looked into", async () => {
  const { catalog, listed } = await catalogOf(NAMES);
  assertEquals(await catalog.list({ limit: 5, last: "" }, sightOf()), { entries: [], more: false });
  assertEquals(listed, [""]);
});

Deno.test("folders of which nothing is to be seen are passed over", async () => {
  const { catalog, listed } = await catalogOf(NAMES);
  const page = await catalog.list({ limit: 5, last: "" }, sightOf("b/d/e"));
  assertEquals(page, { entries: [name("b/d/e")], more: false });
  assertEquals(listed.filter((path) => /^(a|a-b|c|z)/.test(path)), []);
});

Deno.test("a walk past many repositories lets others have their turn", async () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `r${i}`);
  const { catalog } = await catalogOf(names);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const page = await catalog.list({ limit: 5, last: "" }, sightOf("r4999"));
  clearInterval(timer);
  assertEquals(page.entries, [name("r4999")]);
  assert(turns > 0, "nobody else had a turn");
});
