/**
 * The examples of README.md that are run. Before a fenced block stands a comment that says what the block is:
 *
 *     <!-- example: users before -->      commands that are run before berth starts
 *     <!-- example: users config.yml -->  the configuration that berth is started with
 *     <!-- example: users NAME.yml -->    any other file, where the commands are run
 *     <!-- example: users then -->        commands that are run while berth serves
 *
 * The parts of one name are one example, in any order. Each line of commands is run by itself (one that ends in a backslash goes on)
 * and must succeed; with a comment that begins with `refused` it must fail.
 */
export interface ReadmeExample {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly before: readonly ReadmeCommand[];
  readonly then: readonly ReadmeCommand[];
}

export interface ReadmeCommand {
  readonly text: string;
  readonly isRefused: boolean;
}

const MARKED = /^<!-- example: (\S+) (\S+) -->\n+```\w*\n([\s\S]*?)^```$/gm;
const MARK = /^<!-- example:/gm;

/** @throws when a mark is not followed by a block, or a part stands there twice */
export function readExamples(markdown: string): ReadmeExample[] {
  const found = [...markdown.matchAll(MARKED)];
  if (found.length !== [...markdown.matchAll(MARK)].length) {
    throw new Error("Cannot read the examples: a mark `<!-- example: NAME PART -->` has no block");
  }
  const examples = new Map<string, Map<string, string>>();
  for (const [, name = "", part = "", text = ""] of found) {
    const parts = examples.get(name) ?? new Map<string, string>();
    if (parts.has(part)) throw new Error(`Cannot read the examples: ${name} has ${part} twice`);
    examples.set(name, parts.set(part, text));
  }
  return [...examples].map(([name, parts]) => {
    const [before, then] = [parts.get("before") ?? "", parts.get("then") ?? ""];
    parts.delete("before");
    parts.delete("then");
    if (!parts.has("config.yml")) throw new Error(`Cannot run ${name}: it has no config.yml`);
    const files = Object.fromEntries(parts);
    return { name, files, before: commandsOf(before), then: commandsOf(then) };
  });
}

function commandsOf(block: string): ReadmeCommand[] {
  return block.replaceAll(/\\\n\s*/g, "").split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((text) => ({ text, isRefused: /\s# refused\b/.test(text) }));
}

/**
 * What takes the place of what cannot be had in a test: paths below /etc and /var/lib lie in a folder, and ports are other ones. Names
 * such as registry.example.com stay: curl and docker are led to the test's port.
 */
export function adapt(
  text: string,
  { folder, ports }: { folder: string; ports: ReadonlyMap<number, number> },
): string {
  return text.replaceAll(/(?<![\w./-])\/(etc|var\/lib)\//g, `${folder}/$1/`)
    .replaceAll(/:(\d{2,5})\b(?!:\d)/g, (all, port: string) => {
      const other = ports.get(Number(port));
      return other === undefined ? all : `:${other}`;
    });
}
