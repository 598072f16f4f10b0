/** A key or list item of block-style YAML and the line where it stands. */
interface Row {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The key as text, or undefined for an item after `- `. */
  readonly key: string | undefined;
  readonly children: Row[];
}

/** What the parser does not tell: where things stand, and two mistakes that it lets pass or stops at. */
export interface YamlLines {
  /** The line of the key or item at `path` (the last of duplicate keys), else of what is around it; from 1. */
  locate(path: readonly (string | number)[]): number;
  /** Keys that stand more than once in one mapping, with the line of each repetition. */
  readonly duplicates: readonly { readonly key: string; readonly line: number }[];
  /** Lines of block style that are indented by a tab: YAML forbids it, and parsers misread it. */
  readonly tabs: readonly number[];
}

/** Reads the lines of a YAML text: block style by indentation; flow style and scalars of several lines count as one row. */
export function readLines(text: string): YamlLines {
  const scan = new Scan(text);
  scan.run();
  return {
    locate: (path) => locateIn(scan.root, path),
    duplicates: [...duplicatesIn(scan.root)],
    tabs: scan.tabs,
  };
}

/** The line of `path` in `text`; see YamlLines. */
export function locate(text: string, path: readonly (string | number)[]): number {
  return readLines(text).locate(path);
}

function locateIn(root: Row, path: readonly (string | number)[]): number {
  let row = root;
  for (const step of path) {
    const next = typeof step === "number"
      ? row.children.filter(({ key }) => key === undefined)[step]
      : row.children.findLast(({ key }) => key === step);
    if (next === undefined) break;
    row = next;
  }
  return row.line;
}

function* duplicatesIn(row: Row): Generator<{ key: string; line: number }> {
  const seen = new Set<string>();
  for (const child of row.children) {
    if (child.key !== undefined && child.key !== "<<" && seen.has(child.key)) {
      yield { key: child.key, line: child.line };
    }
    if (child.key !== undefined) seen.add(child.key);
    yield* duplicatesIn(child);
  }
}

/** `key:` at the start of a row: in double quotes, in single quotes, or plain. */
const KEY =
  /^(?:"((?:\\.|[^"\\])*)"|'((?:''|[^'])*)'|((?:[^\s#\-?:,[\]{}&*!|>'"%@`]|[-?:](?=\S))(?:[^\s:#]|:(?=\S)|[ \t]+(?![#:\s])|(?<=\S)#)*))[ \t]*:(?=[ \t]|$)/;

/** Anchors and tags before a value. */
const PROPERTIES = /^(?:[&!]\S*[ \t]+)*/;

class Scan {
  readonly root: Row = { line: 1, column: -1, key: undefined, children: [] };
  readonly tabs: number[] = [];
  readonly #lines: readonly string[];
  readonly #stack: Row[] = [this.root];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  }

  run(): void {
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next++] ?? "";
      const content = line.trimStart();
      if (content === "" || content.startsWith("#") || /^(?:---|\.\.\.|%)/.test(line)) continue;
      if (/^ *\t/.test(line)) this.tabs.push(this.#next);
      this.#readRow(line, line.length - content.length);
    }
  }

  #readRow(line: string, indentation: number): void {
    let column = indentation;
    let rest = line.slice(column);
    let owner = column - 1;
    for (let dash = /^-(?:[ \t]+|$)/.exec(rest); dash; dash = /^-(?:[ \t]+|$)/.exec(rest)) {
      this.#push(column, undefined);
      owner = column;
      column += dash[0].length;
      rest = line.slice(column);
    }
    const property = PROPERTIES.exec(rest)?.[0].length ?? 0;
    const key = KEY.exec(rest.slice(property));
    if (key !== null) {
      this.#push(column, unquote(key));
      owner = column;
      rest = rest.slice(property + key[0].length).trimStart();
    }
    this.#skipValue(rest.replace(PROPERTIES, ""), owner);
  }

  /** Adds a row below the nearest that is less indented. Items may stand at the column of the key that owns them. */
  #push(column: number, key: string | undefined): void {
    const isParent = (row: Row) =>
      row.column < column || (row.column === column && key === undefined && row.key !== undefined);
    while (!isParent(this.#stack.at(-1) ?? this.root)) this.#stack.pop();
    const row: Row = { line: this.#next, column, key, children: [] };
    this.#stack.at(-1)?.children.push(row);
    this.#stack.push(row);
  }

  /** Moves past a value that goes on in further lines. */
  #skipValue(value: string, owner: number): void {
    if (/^[|>][-+0-9]*[ \t]*(?:#.*)?$/.test(value)) this.#skipBlock(owner);
    else if (/^[[{"']/.test(value)) this.#skipFlow(value);
  }

  #skipBlock(owner: number): void {
    for (; this.#next < this.#lines.length; this.#next++) {
      const line = this.#lines[this.#next] ?? "";
      if (line.trim() !== "" && (/^ */.exec(line)?.[0].length ?? 0) <= owner) return;
    }
  }

  /** Brackets and quotes until they are closed. */
  #skipFlow(first: string): void {
    let depth = 0;
    let quote = "";
    let line = first;
    for (;;) {
      for (let at = 0; at < line.length; at++) {
        const letter = line[at] ?? "";
        if (quote !== "") {
          if (letter === "\\" && quote === '"') at++;
          else if (letter === "'" && quote === "'" && line[at + 1] === "'") at++;
          else if (letter === quote) quote = "";
        } else if (letter === "#" && (at === 0 || /\s/.test(line[at - 1] ?? ""))) break;
        else if (letter === '"' || letter === "'") {
          if (at === 0 || /[\s,:[{]/.test(line[at - 1] ?? "")) quote = letter;
        } else if ("[{".includes(letter)) depth++;
        else if ("]}".includes(letter)) depth--;
        if (depth === 0 && quote === "") return;
      }
      if (this.#next >= this.#lines.length) return;
      line = this.#lines[this.#next++] ?? "";
    }
  }
}

function unquote([, double, single, plain = ""]: RegExpExecArray): string {
  if (single !== undefined) return single.replaceAll("''", "'");
  if (double === undefined) return plain;
  try {
    return JSON.parse(`"${double}"`);
  } catch {
    return double; // an escape that JSON lacks: not found by its key, so the line around it counts
  }
}
