import { readChoices } from "./choices.ts";
import type { Config } from "./config.ts";
import { readDocument } from "./document.ts";
import { applyEnvironment, type Environment } from "./environment.ts";
import { reportInert, reportUnbuilt } from "./features.ts";
import type { MapNode, Node } from "./node.ts";
import { renameOldKeys } from "./old_names.ts";
import { type Problem, Problems } from "./problem.ts";
import { makeSchema } from "./schema.ts";
import { readSettings, type Settings } from "./settings.ts";
import { toConfig } from "./to_config.ts";

/** A configuration file that has been read. */
export interface ConfigText {
  readonly text: string;
  /** For messages. */
  readonly path: string;
}

export type Loaded =
  | {
    readonly ok: true;
    readonly config: Config;
    /** What was set, and where: for `check-config`. */
    readonly settings: Settings;
    readonly warnings: readonly Problem[];
  }
  | {
    readonly ok: false;
    /** All of them, never empty. */
    readonly errors: readonly Problem[];
    readonly warnings: readonly Problem[];
  };

/** What is served without any file: for the first look, on this machine only. */
export const BUILT_IN = `version: 0.1
storage:
  filesystem:
    rootdirectory: ./berth-data
  delete:
    enabled: true
http:
  addr: 127.0.0.1:5000
`;

/**
 * Makes the configuration of a file (none: the built-in default) and of the variables of the environment that begin with REGISTRY_.
 * Every problem is reported, not only the first. Reads nothing by itself.
 */
export function loadConfig(source: ConfigText | undefined, environment: Environment): Loaded {
  const problems = new Problems();
  const schema = makeSchema();
  const document = source === undefined
    ? builtIn(problems)
    : readDocument(source.text, source.path, problems);
  if (document === undefined) return failed(problems);
  const overridden = applyEnvironment(document, environment, schema, problems);
  const chosen = readChoices(overridden, schema, problems);
  const settings = readSettings(renameOldKeys(chosen, problems), schema, problems);
  reportUnbuilt(settings, problems);
  reportInert(settings, problems);
  const config = toConfig(settings, problems);
  if (problems.errors.length > 0) return failed(problems);
  return { ok: true, config, settings, warnings: problems.warnings };
}

function failed({ errors, warnings }: Problems): Loaded {
  return { ok: false, errors, warnings };
}

function builtIn(problems: Problems): MapNode | undefined {
  const document = readDocument(BUILT_IN, "", problems);
  return document && asBuiltIn(document);
}

function asBuiltIn<N extends Node>(node: N): N {
  const origin = { kind: "built-in" } as const;
  if (node.kind === "map") {
    const entries = [...node.entries].map(([key, value]) => [key, asBuiltIn(value)] as const);
    return { ...node, origin, entries: new Map(entries) };
  }
  return { ...node, origin };
}
