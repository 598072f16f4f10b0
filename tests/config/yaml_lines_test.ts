import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parse,
  parseDocument,
  stringify,
} from "yaml";
import { locate, readLines } from "../../src/config/yaml_lines.ts";

type Path = (string | number)[];

/** Every path of a text with the line that the `yaml` package gives it: in flow style that of the collection's owner. */
function oracle(text: string): { path: Path; line: number }[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, version: "1.1", uniqueKeys: false });
  const found = new Map<string, { path: Path; line: number }>();
  const lineOf = (offset: number) => lineCounter.linePos(offset).line;
  const add = (path: Path, line: number) => found.set(JSON.stringify(path), { path, line });
  const visit = (node: unknown, path: Path, owner: number) => {
    if (!isCollection(node)) return;
    const isFlow = node.flow === true;
    node.items.forEach((item, index) => {
      if (isMap(node) && isPair(item)) {
        if (!isScalar(item.key)) return;
        const own = [...path, item.key.source ?? String(item.key.value)];
        const line = isFlow ? owner : lineOf(item.key.range?.[0] ?? 0);
        add(own, line);
        visit(item.value, own, line);
      } else if (isCollection(item) || isScalar(item)) {
        const own = [...path, index];
        const line = isFlow ? owner : lineOfItem(text, item.range?.[0] ?? 0, lineOf);
        add(own, line);
        visit(item, own, line);
      }
    });
  };
  visit(document.contents, [], 1);
  return [...found.values()];
}

/** The line of the dash before an item. */
function lineOfItem(text: string, start: number, lineOf: (offset: number) => number): number {
  return lineOf(
    text.slice(0, start).trimEnd().endsWith("-")
      ? text.slice(0, start).trimEnd().length - 1
      : start,
  );
}

function readsBack(text: string, value: unknown): boolean {
  try {
    return JSON.stringify(parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
}

const DOCUMENTS: readonly string[] = [
  "version: 0.1\nlog:\n  level: info\n  fields:\n    service: registry\n",
  "# comment\n\nversion: 0.1 # more\nhttp:\n    addr: :5000\n    headers:\n        X-A: [a, b]\n        X-B:\n        - c\n        - d\n",
  "a:\n- b: 1\n  c: 2\n- d: 3\n\n- e:\n    f: 4\ng: 5\n",
  "a:\n  - - 1\n    - 2\n  - - x: 3\n      y: 4\n",
  'a: |\n  text: not a key\n  - nor an item\nb: >-\n\n  folded: no\n\n  more\nc: "two\n  lines: yes"\nd: 1\n',
  "a: {b: 1,\n  c: [2,\n 3], d: {e: 4}}\nf: 5\n",
  "\"quoted key\": 1\n'single ''key''': 2\nplain key: 3\nurl: http://x/y:z#w\n",
  "base: &base\n  x: 1\nother: &o {y: 2}\nlist: &l\n  - 1\nuse: *base\nlast: !!str 3\n",
  "---\r\na:\r\n  b: 1\r\n  c: 2\r\n",
  "\uFEFFa: 1\nb: 2\n",
  '{\n\t"a": 1,\n\t"b": {"c": [1, 2]}\n}\n',
  "a: 'it''s\n  more: no'\nb: 2\n",
  "a:\n  key with: colon inside\n  http://x: 1\n  -dash: 2\n  a#b: 3\n",
  "a:\n  -\n    b: 1\n  -   c: 2\n      d: 3\n",
  "a: plain\n  goes on\n  and on\nb: 1\n",
  "a: |2\n    x: 1\n  y\nb: 1\n",
  "- a\n- b: 1\n",
];

Deno.test("locate() agrees with the yaml package on every path of written documents", () => {
  for (const text of DOCUMENTS) {
    const paths = oracle(text);
    assertEquals(paths.length > 0, true, text);
    for (const { path, line } of paths) {
      assertEquals(locate(text, path), line, `${JSON.stringify(path)} in\n${text}`);
    }
  }
});

Deno.test("locate() agrees with the yaml package on every path of generated documents", () => {
  const key = fc.stringMatching(/^[a-zA-Z][\w-]{0,8}$/);
  const scalar = fc.oneof(
    fc.stringMatching(/^[ -~]{0,20}$/),
    fc.stringMatching(/^[a-z:# \n-]{0,40}$/),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      fc.array(tie("tree"), { maxLength: 4 }),
    ),
  }));
  const options = fc.record({
    indent: fc.integer({ min: 2, max: 5 }),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    collectionStyle: fc.constantFrom<("any" | "flow")[]>("any", "any", "flow"),
  });
  fc.assert(
    fc.property(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 5 }), options, (value, style) => {
      const text = stringify(value, style);
      // what the package itself doesn't read back is no fair question
      fc.pre(readsBack(text, value));
      for (const { path, line } of oracle(text)) {
        assertEquals(locate(text, path), line, `${JSON.stringify(path)} in\n${text}`);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("locate() gives the last of duplicate keys", () => {
  assertEquals(locate("a: 1\nb: 2\na:\n  c: 3\n", ["a", "c"]), 4);
});

Deno.test("locate() gives what is around a key that stands nowhere", () => {
  assertEquals(locate("a: 1\nb:\n  c: 2\n", ["b", "missing", "more"]), 2);
});

Deno.test("readLines() finds each repetition of a key, and none in texts of several lines", () => {
  const text = "a: 1\nb:\n  c: 1\n  c: 2\na: 3\nd: |\n  x: 1\n  x: 2\na: 4\n";
  assertEquals(readLines(text).duplicates, [
    { key: "c", line: 4 },
    { key: "a", line: 5 },
    { key: "a", line: 9 },
  ]);
});

Deno.test("readLines() finds lines of block style that a tab indents, and none in flow style", () => {
  assertEquals(readLines("a:\n\tb: 1\n  \tc: 2\n\t# comment\n\t\nd: {\n\te: 1}\n").tabs, [2, 3]);
});
